#!/usr/bin/env bats
# Pipelines and examples on GNU parallel, over ssh to two logins of this machine, and on Snakemake.
load common

setup_file() {
  small_search 2 1
  export PARALLEL_HOME=$PWD/.parallel
  mkdir "$PARALLEL_HOME"
}

setup() { cd "$BATS_FILE_TMPDIR" || return 1; }

teardown_file() { [ ! -s "$BATS_FILE_TMPDIR/sshd.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/sshd.pid")"; }

@test "GNU parallel, on two logins over ssh: the bytes of one process" {
  ssh-keygen -q -t ed25519 -N '' -f key
  ssh-keygen -q -t ed25519 -N '' -f host
  port=2222 # the suites have a network of their own, where Slurm takes others
  /usr/sbin/sshd -f /dev/null -p "$port" -h "$PWD/host" -o SetEnv="PATH=$PATH" -o ListenAddress=127.0.0.1 -o PidFile="$PWD/sshd.pid" \
    -o AuthorizedKeysFile="$PWD/key.pub" -o StrictModes=no -o UsePAM=no -E "$PWD/sshd.log"
  ssh="ssh -F none -p $port -i $PWD/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$PWD/known -o LogLevel=ERROR"
  ENGINE=parallel HOSTS="$ssh root@127.0.0.1,$ssh root@localhost" SHARES=9 "$pipelines/evolve" parallel
  same_evolution parallel
  sed 1d parallel/shares/evolve.jobs | cut -f 2 >hosts
  [ "$(wc -l <hosts)" -eq 2 ] # as many as designs
  [ "$(sort -u hosts | wc -l)" -eq 2 ] # both worked
  [ -s parallel/shares/evolve.1.times ]

  mkdir hosts-example
  cd hosts-example
  small hosts >hosts
  sh hosts "$ssh root@127.0.0.1,$ssh root@localhost"
  is_front front
}

@test "GNU parallel, on this machine alone: shares' times are counted once; a folder with its marks in its name" {
  ENGINE=parallel N=1 "$pipelines/random" 'here {} {1}'
  is_front 'here {} {1}/random'
  [ -s 'here {} {1}/shares/random.1.log' ] && [ ! -e 'here {} {1}/shares/random.1.times' ]
}

@test "Snakemake: the example" {
  command -v snakemake >/dev/null || { echo 'not run: examples/cluster/Snakefile: no snakemake here' >&3; return 0; }
  mkdir snakemake
  cd snakemake
  small Snakefile >Snakefile
  HOME=$PWD snakemake --cores 2 front
  is_front front
}
