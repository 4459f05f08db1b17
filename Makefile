# nax: one library, one program a tool. `make help` lists the targets.
#
# Settings go into config.mk (untracked) or onto the command line:
#   CC PKG_CONFIG CFLAGS LDFLAGS prefix DESTDIR BUILD  SANITIZE=address,undefined | thread  WERROR=1
#   SUITES="record tests/30-sample.bats"   what `make check` runs: units by name, bats files
#   SUITES="csv image" SECONDS=600         what `make fuzz` runs, harnesses by name, and for how long each; `make bench` likewise
#   PEERS=                                 benchmarks without installing what they are compared with
#   ROOTS="--whole debian13"               what `make roots` runs: see tests/roots/run
#   V=1 shows the commands
#   CC=aarch64-linux-gnu-gcc PKG_CONFIG=aarch64-linux-gnu-pkg-config   builds for another processor, and
#   EMULATOR=qemu-aarch64 (found by itself) runs the tools for their completion; none: there is none
#   DNNL= builds without oneDNN: convolutions by OpenBLAS, several times slower
#   MPI=1 builds in build/mpi with MPI, for nax-train and others under mpirun

-include config.mk

.DEFAULT_GOAL := all
prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
libdir  ?= $(prefix)/lib
incdir  ?= $(prefix)/include
mandir  ?= $(prefix)/share/man
datadir ?= $(prefix)/share/nax
bashdir ?= $(prefix)/share/bash-completion/completions
zshdir  ?= $(prefix)/share/zsh/site-functions
distdir ?= .

VERSION := $(shell cat VERSION)
CFLAGS  ?= -O3 -g

SANITIZE ?=
DNNL     ?= 1
comma    := ,
MPI      ?=
BUILD    ?= build$(if $(DNNL),,/no-dnnl)$(if $(MPI),/mpi)$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))

# gcc's OpenMP runtime hides its barriers from ThreadSanitizer; clang's tells them through Archer
ifeq ($(SANITIZE)$(filter command line,$(origin CC)),thread)
CC := clang
endif

PKG_CONFIG ?= pkg-config
MACHINE    := $(shell $(CC) -dumpmachine 2>/dev/null)
PROCESSOR  := $(firstword $(subst -, ,$(MACHINE)))
IS_FOREIGN := $(filter-out $(shell uname -m),$(PROCESSOR))
EMULATOR   ?= $(if $(IS_FOREIGN),$(shell command -v qemu-$(PROCESSOR)-static || command -v qemu-$(PROCESSOR)))
ifeq ($(origin AR),default)
AR := $(or $(shell $(CC) -print-prog-name=ar 2>/dev/null),ar)
endif

# --- what there is -----------------------------------------------------------------------------

TOOLS  := $(basename $(notdir $(wildcard tools/nax.c tools/nax-*.c)))
SHARED := $(filter-out $(TOOLS),$(basename $(notdir $(wildcard tools/*.c))))
MODELS := $(wildcard examples/hardware/*.yaml examples/networks/*.yaml examples/spaces/*.yaml)
MANS   := $(wildcard man/*.[1-9])
FUZZ   := $(basename $(notdir $(wildcard tests/fuzz/*.c)))
UNITS  := $(filter-out harness,$(basename $(notdir $(wildcard tests/unit/*.c))))

LIB_SRC  := $(filter-out %.simd.c,$(wildcard lib/*/*.c))
SIMD_SRC := $(wildcard lib/*/*.simd.c)
ISAS     := baseline $(if $(filter x86_64-%,$(MACHINE)),avx2 avx512)
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/builtin.o $(BUILD)/powers.o $(BUILD)/onnx.pb-c.o \
            $(foreach isa,$(ISAS),$(SIMD_SRC:%.simd.c=$(BUILD)/%.$(isa).o))

BIN      := $(TOOLS:%=$(BUILD)/bin/%)
COMPLETE := $(BUILD)/completions/nax $(BUILD)/completions/_nax
UNIT_BIN := $(UNITS:%=$(BUILD)/unit/%)

# --- how it is built ---------------------------------------------------------------------------

# as tests/deps takes them: one package's names, newest first, are joined by slashes
DEPS_RUN   := $(if $(MACHINE),,gcc) libc6-dev libopenblas-dev $(if $(DNNL),libdnnl-dev) libcsv-dev \
              libmsgpack-c-dev/libmsgpack-dev libcyaml-dev libyaml-dev libjansson-dev libjpeg-dev libturbojpeg0-dev libpng-dev \
              libwebp-dev libgif-dev libexif-dev libpixman-1-dev zlib1g-dev libminizip-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler \
              librandom123-dev gnuplot-nox mandoc pkg-config $(if $(MPI),libopenmpi-dev/libmpich-dev openmpi-bin/mpich)
DEPS_CHECK := g++ bats libcmocka-dev ngspice zstd git zsh python3
PEERS      ?= libsuitesparse-dev ngspice miller zstd python3-torch
DEPS_CLANG := clang libclang-rt-dev libomp-dev
DEPS_ROOTS := mmdebstrap debian-archive-keyring distro-info-data gpg git zstd
DEPS_PAGE  := chromium chromium-driver python3
DEPS_CLUSTER := bats parallel openssh-server slurmctld slurmd slurm-client munge iproute2
DEPS_LINT  := $(DEPS_CLANG) gcc clang-format cppcheck shellcheck

LIBS        := $(if $(DNNL),-ldnnl) -lcsv -lgif -lm
ALL_LDFLAGS := -fopenmp $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# before anything is compiled: PKGS, PKG_CFLAGS, PKG_LIBS
ifneq ($(filter-out help deps check soak page cluster lint bench tune fuzz demo uninstall dist clean,$(or $(MAKECMDGOALS),all)),)
FOUND := $(shell CC='$(CC)' CPPFLAGS='$(CPPFLAGS) $(filter -I%,$(CFLAGS))' PKG_CONFIG='$(PKG_CONFIG)' \
                 LDFLAGS='$(ALL_LDFLAGS)' LIBS='$(LIBS)' MPI='$(MPI)' tools/libs $(BUILD)/libs.mk $(DEPS_RUN) || echo nothing)
$(if $(filter nothing,$(FOUND)),$(error nax cannot be built yet))
$(if $(FOUND),$(info $(FOUND)))
include $(BUILD)/libs.mk
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
            -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wcast-qual $(if $(WERROR),-Werror) \
            -Werror=switch -Werror=switch-enum

# NDEBUG: msgpack's headers assert, and the library never ends the program
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DNDEBUG $(WARNINGS) -fopenmp -ffp-contract=off -fno-math-errno -fPIC \
             -Iinclude -DNAX_VERSION='"$(VERSION)"' $(if $(DNNL),-DNAX_HAS_DNNL) $(if $(MPI),-DNAX_HAS_MPI) $(PKG_CFLAGS) \
             $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined) $(CPPFLAGS) $(CFLAGS)
ALL_LIBS   = -Wl,--as-needed $(PKG_LIBS) $(LIBS)

# One source, one object an instruction set: X.simd.c sees NAX_SIMD(name) as name_<isa>.
ISA_baseline := -DNAX_SIMD_ISA=baseline
ISA_avx2     := -DNAX_SIMD_ISA=avx2 -mavx2 -mfma
ISA_avx512   := -DNAX_SIMD_ISA=avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma \
                -mprefer-vector-width=512

# with BRIEF, what is being made stands in one line of a terminal, and nowhere else
Q   := $(if $(V),,@)
SAY := @$(if $(V),:,$(if $(BRIEF),[ ! -t 1 ] || printf '\r%s %s\033[K',echo))

# $(call build,targets): on all processors unless -j says otherwise
define build
@echo 'building $(1) in $(BUILD)'
@+$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) BRIEF=1 $(1)
@[ ! -t 1 ] || printf '\r\033[K'
endef

.PHONY: all units replays fuzzers help deps demo check soak page cluster roots lint bench tune fuzz install uninstall dist compdb clean .FORCE
.SECONDARY:

all: $(BIN) $(BUILD)/libnax.a $(if $(IS_FOREIGN),$(if $(EMULATOR),$(COMPLETE)),$(COMPLETE)) $(BUILD)/share/man ## the tools in build/bin and the library

units: $(UNIT_BIN) ## the unit tests in C, built but not run

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' Makefile

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define simd_rule
$(BUILD)/%.$(1).o: %.simd.c Makefile
	@mkdir -p $$(@D)
	$$(SAY) CC $$@
	$$(Q)$$(CC) $$(ALL_CFLAGS) -ffp-contract=fast $$(ISA_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call simd_rule,$(isa))))

# the YAML files under examples/ as C strings
$(BUILD)/builtin.c: $(MODELS) tools/embed.awk
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)awk -v header=builtin.h -v row='struct nax_builtin' -v table=nax_builtin_files -f tools/embed.awk $(sort $(MODELS)) > $@.tmp
	$(Q)mv $@.tmp $@

# the page of nax-plot report, likewise
$(BUILD)/report_files.c: $(wildcard tools/report/*) tools/embed.awk
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)awk -v header=report.h -v row='struct report_file' -v table=report_files -f tools/embed.awk $(sort $(wildcard tools/report/*)) > $@.tmp
	$(Q)mv $@.tmp $@

# powers of ten, for numbers as text
$(BUILD)/powers.c: tools/powers.awk
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)awk -f $< > $@.tmp
	$(Q)mv $@.tmp $@

# what nax lists, and the examples of -h, from the manual
$(BUILD)/pages.c: $(filter-out man/nax.7,$(MANS)) man/nax.7 tools/pages.awk
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)awk -f tools/pages.awk $(filter %.1,$^) man/nax.7 > $@.tmp
	$(Q)mv $@.tmp $@

# what nax-import reads and writes of ONNX, as C
$(BUILD)/onnx.pb-c.c: lib/import/onnx.proto
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)protoc --proto_path=$(<D) --c_out=$(@D) $(<F)

$(BUILD)/lib/import/onnx_read.o $(BUILD)/lib/import/onnx_write.o: $(BUILD)/onnx.pb-c.c
$(BUILD)/lib/import/onnx_read.o $(BUILD)/lib/import/onnx_write.o: PKG_CFLAGS += -I$(BUILD)

$(BUILD)/builtin.o $(BUILD)/powers.o $(BUILD)/pages.o $(BUILD)/report_files.o $(BUILD)/onnx.pb-c.o: %.o: %.c
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Ilib/base -Itools -MMD -MP -c -o $@ $<

$(BUILD)/libnax.a: $(LIB_OBJ)
	@rm -f $@
	$(SAY) AR $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

# an archive, so that a tool carries only what it uses
$(BUILD)/libtools.a: $(SHARED:%=$(BUILD)/tools/%.o) $(BUILD)/pages.o $(BUILD)/report_files.o
	@rm -f $@
	$(SAY) AR $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/tools/%.o $(BUILD)/libtools.a $(BUILD)/libnax.a
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libnax.a
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(ALL_LIBS)

# completion, from what the tools themselves print
$(BUILD)/help.txt: $(BIN)
	$(SAY) GEN $@
	$(Q)for tool in $^; do \
	    $(EMULATOR) $$tool -h || { echo "EMULATOR does not run '$$tool' here" >&2; exit 1; }; done > $@.tmp
	$(Q)mv $@.tmp $@

$(BUILD)/completions/nax: tools/completion.bash
$(BUILD)/completions/_nax: tools/completion.zsh
$(COMPLETE): $(BUILD)/help.txt tools/completion.awk
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)awk -f tools/completion.awk $< $(filter tools/completion.%sh,$^) > $@.tmp
	$(Q)mv $@.tmp $@

# the pages, where nax looks for them beside its folder
$(BUILD)/share/man:
	@mkdir -p $@
	$(Q)for section in $(sort $(subst .,,$(suffix $(MANS)))); do \
	    ln -sfn '$(CURDIR)/man' $@/man$$section || exit 1; done

# a harness over files, and under libFuzzer, which brings main
$(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/drive/replay.o $(BUILD)/libnax.a
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/drive/libfuzzer.o $(BUILD)/libnax.a
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)

replays: $(FUZZ:%=$(BUILD)/replay/%)

fuzzers: all replays $(FUZZ:%=$(BUILD)/fuzz/%)

-include $(LIB_OBJ:.o=.d) $(TOOLS:%=$(BUILD)/tools/%.d) $(SHARED:%=$(BUILD)/tools/%.d) \
         $(BUILD)/powers.d $(BUILD)/pages.d $(BUILD)/report_files.d $(BUILD)/onnx.pb-c.d $(UNITS:%=$(BUILD)/tests/unit/%.d) $(FUZZ:%=$(BUILD)/tests/fuzz/%.d)

# --- set-up ------------------------------------------------------------------------------------

deps: ## install the Debian packages that are missing
	@tests/deps $(DEPS_RUN)

# --- tests -------------------------------------------------------------------------------------

check: ## every test; ends with "N passed, N failed"
	@tests/deps $(DEPS_RUN) $(DEPS_CHECK) $(if $(filter clang,$(CC)),$(DEPS_CLANG))
	$(call build,all units replays)
	@BUILD='$(abspath $(BUILD))' tests/run $(SUITES)

soak: ## kill training, search and a pipeline a hundred times each: the same bytes, nothing left behind
	@tests/deps $(DEPS_RUN) $(DEPS_CHECK)
	$(call build,all)
	@BUILD='$(abspath $(BUILD))' KILLS=100 tests/run tests/86-faults.bats

page: ## what nax-plot report writes, in a headless browser: it renders, is chosen from, and fits
	@tests/deps $(DEPS_RUN) $(DEPS_PAGE)
	$(call build,all)
	@BUILD='$(abspath $(BUILD))' tests/page/run

# servers, which nobody gets without being asked; which ones an archive lacks is told in the end
cluster: ## pipelines and examples on GNU parallel over ssh and on Slurm, all on this machine (as root)
	@tests/deps $(if $(CI),,--tell) $(DEPS_RUN) $(DEPS_CLUSTER) || [ $$? -eq 3 ]
	$(call build,all)
	@BUILD='$(abspath $(BUILD))' tests/cluster/run

roots: ## both README commands in bare Debian 12, 13 and Ubuntu, and for arm64 (as root)
	@tests/deps $(DEPS_ROOTS)
	@tests/roots/run $(ROOTS)

lint: ## format, layers, manual pages, scripts, static analysis
	@tests/deps $(DEPS_RUN) $(DEPS_CHECK) $(DEPS_LINT)
	@tests/lint/run

bench: ## speed, beside goals and peers measured in the same run; also as build/bench.csv
	@tests/deps $(DEPS_RUN)
	@[ -z '$(PEERS)' ] || tests/deps $(PEERS) || echo 'going on without them'
	$(call build,all)
	@BUILD='$(abspath $(BUILD))' BENCH_SECONDS='$(SECONDS)' tests/perf/run $(SUITES)

tune: ## what each engine of convolutions takes here, beside the table's choice (NAX_ISA=avx2 make tune: with that)
	@tests/deps $(DEPS_RUN)
	$(call build,$(BUILD)/libnax.a)
	@BUILD='$(abspath $(BUILD))' tests/perf/run tune

fuzz: ## feed broken input to every reader, SECONDS (20) each (clang's libFuzzer)
	@tests/deps $(DEPS_RUN) $(DEPS_CLANG)
	@BUILD='$(abspath $(BUILD))/fuzzing' FUZZ_SECONDS='$(SECONDS)' tests/fuzz/run $(SUITES)

# what check needs as well, so that packages are installed once
demo: ## install what is missing, build, run the whole pipeline on the synthetic set
	@tests/deps $(DEPS_RUN) $(DEPS_CHECK)
	$(call build,all)
	@rm -rf '$(BUILD)/demo'
	@PATH='$(abspath $(BUILD))/bin':"$$PATH" pipelines/demo '$(BUILD)/demo'

# --- packaging ---------------------------------------------------------------------------------

# what install puts where: file=place; the experiments among the examples without what they made
PLACES = $(foreach f,$(BIN),$f=$(bindir)/$(notdir $f)) \
         $(BUILD)/libnax.a=$(libdir)/libnax.a $(BUILD)/nax.pc=$(libdir)/pkgconfig/nax.pc \
         $(foreach f,$(wildcard include/nax/*.h),$f=$(incdir)/nax/$(notdir $f)) \
         $(foreach f,$(MANS),$f=$(mandir)/man$(subst .,,$(suffix $f))/$(notdir $f)) \
         $(foreach f,$(SHARE),$f=$(datadir)/$(f:examples/%=%)) \
         $(BUILD)/completions/nax=$(bashdir)/nax $(BUILD)/completions/_nax=$(zshdir)/_nax
SHARE  = $(shell find examples pipelines \( -name out -o -name work \) -prune -o \
          -type f ! -name '.*' ! -name '*.safetensors' -print)
# bash looks for completion by the command's name
LINKS  = $(patsubst %,'$(DESTDIR)$(bashdir)/%',$(filter-out nax,$(TOOLS)))

install: all $(BUILD)/nax.pc ## into $(DESTDIR)$(prefix)
	$(SAY) INSTALL '$(DESTDIR)$(prefix)'
	$(Q)for pair in $(PLACES); do \
	    if [ -x "$${pair%%=*}" ]; then mode=755; else mode=644; fi; \
	    install -D -m $$mode "$${pair%%=*}" '$(DESTDIR)'"$${pair#*=}" || exit 1; done
	$(Q)for link in $(LINKS); do ln -sf nax "$$link" || exit 1; done

uninstall: ## what install put there
	$(SAY) UNINSTALL '$(DESTDIR)$(prefix)'
	$(Q)for pair in $(PLACES); do rm -f '$(DESTDIR)'"$${pair#*=}"; done
	$(Q)rm -f $(LINKS)
	$(Q)for dir in '$(DESTDIR)$(datadir)' '$(DESTDIR)$(incdir)/nax'; do \
	    [ ! -d "$$dir" ] || find "$$dir" -depth -type d -empty -delete; done

# written anew each time: prefix may have changed
$(BUILD)/nax.pc: .FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(prefix)' 'libdir=$(libdir:$(prefix)/%=$${prefix}/%)' \
	    'includedir=$(incdir:$(prefix)/%=$${prefix}/%)' '' 'Name: nax' \
	    'Description: co-design of neural networks and memristive crossbars' 'Version: $(VERSION)' \
	    'Requires: $(PKGS)' 'Cflags: -I$${includedir}' \
	    'Libs: -L$${libdir} -lnax $(LIBS) -fopenmp' > $@

dist: ## nax-VERSION.tar.gz of the committed tree
	git archive --prefix=nax-$(VERSION)/ -o $(distdir)/nax-$(VERSION).tar.gz HEAD

compdb: $(BUILD)/builtin.c $(BUILD)/powers.c $(BUILD)/pages.c $(BUILD)/report_files.c $(BUILD)/onnx.pb-c.c ## compile_commands.json for editors
	@$(MAKE) --no-print-directory -nB all units | awk -v dir='$(CURDIR)' -f tools/compdb.awk \
	    > compile_commands.json

clean: ## remove what was built
	rm -rf $(BUILD)
