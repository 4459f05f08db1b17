# The study of PROTOCOL.md: networks found together with their crossbars, against the same network as it is, on crossbars of one size.
# (Other networks and images: ../tiny-imagenet/Makefile.)
# make -f study.mk validation DATA=cifar10.safetensors    searches and trainings, judged by validation images: results/validation.csv
# make -f study.mk test DATA=...                          then, once, all test images: results/test.csv
# make -f study.mk chips DATA=...                         and with programming errors, what claims are of and the baseline: results/chips.csv,
#                                                         while the weights are there
# make -f study.mk results/runs/joint-0-test.csv DATA=... what one run takes, alone
# make -f study.mk so-far                                 as test, of the seeds that all sets of claims have been measured with
# Needs the tools on PATH. Every stage is a file, every search and training has checkpoints: an interrupted run goes on where it was, after
# kill -9 too. -j2 THREADS=1 trains two networks at a time, to the same bits.
# What searches found and runs measured is kept in RESULTS, small enough to commit, and is not made again while it is there, even where
# weights are gone: a study may take several machines, a few runs on each.
export LC_ALL := C.UTF-8
DATA    ?= cifar10.safetensors
NETWORK ?= resnet20
SPACE   ?= cifar10#          NAX's: kernels, crossbars, layers left out
JOINT   ?= joint-cifar10#    with widths and ADCs
SHARES       ?= 0.7#         of the baseline's EDAP, at which designs of SPACE are chosen
JOINT_SHARES ?= 0.5 0.15#    and of JOINT
SEEDS   ?= 0 1 2#            of the baselines and of what is chosen by shares; all else has the first alone
EPOCHS  ?= 20#               of every network
AWARE   ?= 2#                then, for chips with programming errors, on its own crossbars, each time another chip (noise-aware)
RECIPE  ?=#                  of every network, beside nax-train's defaults
SUPERNET_EPOCHS ?= 12#       of a one-shot search
DESIGNS ?= 1000#             that it looks at
FINALISTS   ?= 6#            of each share, whose inherited weights are tuned
TUNE_EPOCHS ?= 1#            for so long
WARM_EPOCHS     ?= 6#        of the weights that searches by gradients start from
SEARCH_EPOCHS   ?= 6#        of such a search
EDAPS   ?= 0.02 0.05 0.1#    its weights of log EDAP
FULL_IMAGES ?= 1000#         test images on the fidelity full, 0: all
CHIPS   ?= 8#                with programming errors, of what claims are of
RANKED  ?= 10#               designs of the joint front by which inherited weights are judged
RANK_EPOCHS ?= 5#            of their training
RANDOM_DESIGNS ?= 300#       beside as many that evolve
THREADS ?= 2
RESULTS ?= results#          another folder for another study

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: validation test so-far chips clean-study $(RESULTS)/so-far.csv

here     := $(dir $(lastword $(MAKEFILE_LIST)))
dir      := out/study$(patsubst %,-%,$(filter-out results,$(notdir $(RESULTS))))
IMAGES   := $(notdir $(DATA))
OF_STUDY := IMAGES NETWORK SPACE JOINT SHARES JOINT_SHARES EPOCHS AWARE RECIPE SUPERNET_EPOCHS DESIGNS FINALISTS TUNE_EPOCHS WARM_EPOCHS SEARCH_EPOCHS \
            EDAPS FULL_IMAGES CHIPS RANKED RANK_EPOCHS RANDOM_DESIGNS
.PRECIOUS: $(dir)/%

# RESULTS holds one study, and knows its settings
study     := $(foreach s,$(OF_STUDY),$(s)=$(strip $($(s))))
study_was := $(shell cat $(RESULTS)/study 2>/dev/null)
ifneq ($(study_was),)
ifneq ($(study_was),$(study))
$(error '$(RESULTS)' holds a study with $(filter-out $(study),$(study_was)), asked for is $(filter-out $(study_was),$(study)): RESULTS=FOLDER keeps it apart)
endif
endif
SETTINGS := DATA $(OF_STUDY)
settings := $(dir)/settings
include $(here)../settings.mk
$(RESULTS)/study:
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(study))' $(whole)
# FILE of it, from what: from nothing while it is there, and then its recipe, which begins with `first_time`, refuses
once       = $(1): $(if $(wildcard $(1)),,$(2) | $(RESULTS)/study)
first_time = @[ -n "$^" ] || { echo "'$@' is there, and is not made again unless it is removed" >&2; exit 1; }; mkdir -p $(@D)

made    := $(shell nax --version 2>/dev/null) on $(shell awk -F': ' '/^model name/ { model = $$2 } /^flags/ { flags = " " $$2 " " } \
    END { gsub(/,/, "", model); n = split("amx_bf16 avx512_bf16 avx512f avx2", isa, " "); for (i = 1; i <= n && !index(flags, " " isa[i] " "); i++); \
          print model, isa[i] }' /proc/cpuinfo; uname -m)
claimed := baselines joint evolved#               with every seed
others  := joint-knee evolved-knee gradient#      with the first seed: they support no claim
first   := $(firstword $(SEEDS))
of_claims := $(foreach set,$(claimed),$(SEEDS:%=$(set)-%))
runs    := $(of_claims) $(others:%=%-$(first))
whole   = > $@.part && mv $@.part $@#  a target is there when it is whole
columns = awk -v names=$(1) -v values='$(2)' -f $(here)columns.awk
chip   := --set device.programming.error=normal --set device.programming.error_frac=0.02
train   = nax-train --data $(DATA) -j $(THREADS) --split validation --resume --log $@.log.csv
eval    = nax-eval --data $(DATA) -j $(THREADS)
designs = $(RESULTS)/designs/$(1).csv
front   = $(RESULTS)/$(1)-front.csv
finalists = $(RESULTS)/$(1)-finalists.csv
of_design := kernel,crossbar,width*,adc_*,slice_*,*_bits

validation: $(RESULTS)/validation.csv $(RESULTS)/agreement.csv $(RESULTS)/inherited.csv $(RESULTS)/parts.csv $(RESULTS)/random.csv
test: $(RESULTS)/test.csv
so-far: $(RESULTS)/so-far.csv
chips: $(RESULTS)/chips.csv

# --- searches: by evolution, of each space
searched-joint   := $(JOINT)
searched-evolved := $(SPACE)
define evolution
$(dir)/search-$(1).front: $(settings)
	nax-search --evolve --space $(searched-$(1)) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs $(SUPERNET_EPOCHS) \
	    --designs $(DESIGNS) --channels --checkpoint $(dir)/search-$(1) --resume --log $(dir)/search-$(1).log.csv --format csv $$(whole)
$(call once,$(call front,$(1)),$(dir)/search-$(1).front)
	$$(first_time)
	cp $(dir)/search-$(1).log.csv $(RESULTS)/$(1)-supernet.csv
	cat $$< $$(whole)
endef
$(foreach search,joint evolved,$(eval $(call evolution,$(search))))

# by gradients on the hardware of NAX; another seed, other draws and ideal crossbars (NAX-i) tell how far searches agree
gradient = nax-search --space $(SPACE) --network $(NETWORK) --data $(DATA) -j $(THREADS) --resume \
           --checkpoint $(basename $@) --log $(basename $@).log.csv
find     = $(gradient) --seed $(1) --init $(dir)/warm-$(1)/search.safetensors --epochs $(SEARCH_EPOCHS) --warm-epochs 0 --rate 0.02
wires   := --set adc.range=ideal --noise $(dir)/noise#  which is measured once
middle  := $(or $(word 2,$(EDAPS)),$(EDAPS))

$(dir)/warm-%.policy: $(settings)
	$(gradient) --set adc.range=ideal --seed $* --epochs $(WARM_EPOCHS) --warm-epochs $(WARM_EPOCHS) $(whole)
$(dir)/gradient-%.policy: $(dir)/warm-0.policy
	$(call find,0) $(wires) --edap $* $(whole)
$(dir)/gradient-seed.policy: $(dir)/warm-1.policy
	$(call find,1) $(wires) --edap $(middle) $(whole)
$(dir)/gradient-draws.policy: $(dir)/warm-0.policy
	$(call find,0) $(wires) --edap $(middle) --draws 1 $(whole)
$(dir)/gradient-ideal.policy: $(dir)/warm-0.policy
	$(call find,0) --edap $(middle) --ideal $(whole)
$(dir)/gradient-ideal-draws.policy: $(dir)/warm-0.policy
	$(call find,0) --edap $(middle) --ideal --draws 1 $(whole)

$(call once,$(RESULTS)/agreement.csv,$(foreach other,$(middle) draws seed ideal ideal-draws,$(dir)/gradient-$(other).policy))
	$(first_time)
	nax-sample --agreement --format csv $^ $(whole)

# --- by inherited weights and the images of a space; these weights, tuned
judge = nax-search --evolve --judge --space $(1) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs $(SUPERNET_EPOCHS) \
            --checkpoint $(dir)/search-$(2) --resume
tune  = $(train) --init $(dir)/inherited --checkpoint $(dir)/nets-tuned --epochs $(TUNE_EPOCHS) $(RECIPE)

# --- what is compared: the baselines; of each front the best of the finalists, whose inherited weights were tuned, and the knee; and each policy's
# most probable design
$(call once,$(call designs,baselines),$(settings))
	$(first_time)
	nax-sample --space $(SPACE) --network $(NETWORK) --homogeneous --format csv | $(call columns,set,baselines) $(whole)
$(call once,$(call designs,gradient),$(EDAPS:%=$(dir)/gradient-%.policy))
	$(first_time)
	nax-sample --policy --space $(SPACE) --network $(NETWORK) -n 1 --format csv $^ | $(call columns,set,gradient) $(whole)

shares-joint   := $(JOINT_SHARES)
shares-evolved := $(SHARES)
baselines-first := $(RESULTS)/runs/baselines-$(first).csv
define chosen
$(dir)/finalists-$(1): $(call front,$(1)) $(baselines-first)
	$(here)finalists $$(word 2,$$^) $$< $(FINALISTS) $(shares-$(1)) | $$(call judge,$(searched-$(1)),$(1)) --inherit $(dir)/inherited $$(whole)
$(dir)/tuned-$(1): $(dir)/finalists-$(1)
	$$(tune) $$< $$(whole)
$(call once,$(call finalists,$(1)),$(dir)/tuned-$(1))
	$$(first_time)
	nax-view --format csv -f 'space,network,id,$(of_design),crossbar_fixed,accuracy_hardware_validation*,channel_products,edap_pj_ns_mm2' $$< $$(whole)
$(call once,$(call designs,$(1)),$(call finalists,$(1)) $(baselines-first))
	$$(first_time)
	$(here)choose $$(word 2,$$^) $$< $(shares-$(1)) | $$(call columns,set,$(1)) $$(whole)
$(call once,$(call designs,$(1)-knee),$(call front,$(1)))
	$$(first_time)
	nax-pareto -q --knee -o accuracy_hardware_validation:max,edap_pj_ns_mm2:min --format csv $$< | $$(call columns,set,$(1)-knee) $$(whole)
endef
$(foreach search,joint evolved,$(eval $(call chosen,$(search))))

# --- how well inherited weights rank designs: some of the front, evenly spread over its order by EDAP, are trained briefly
$(dir)/ranked: $(call front,joint)
	nax-view -q --sort edap_pj_ns_mm2 --format msgpack $< | $(here)spread $(RANKED) $(whole)
$(dir)/ranked-trained: $(dir)/ranked
	$(train) --checkpoint $(dir)/nets-ranked --epochs $(RANK_EPOCHS) $(RECIPE) $< $(whole)
$(call once,$(RESULTS)/inherited.csv,$(dir)/ranked $(dir)/ranked-trained)
	$(first_time)
	awk -F, -f $(here)rank.awk <(nax-view --format csv -f id,accuracy_hardware_validation $<) \
	    <(nax-view --format csv -f id,accuracy_hardware_validation $(word 2,$^)) $(whole)

# --- as finalists are judged: what each kind of decision of a design buys alone
$(dir)/parts-inherited: $(call designs,baselines) $(call designs,joint) $(baselines-first) $(call front,joint)
	$(here)parts $(wordlist 1,3,$^) | $(call judge,$(JOINT),joint) --inherit $(dir)/inherited $(whole)
$(dir)/parts: $(dir)/parts-inherited
	$(tune) $< $(whole)
$(call once,$(RESULTS)/parts.csv,$(dir)/parts)
	$(first_time)
	nax-cost -q --conventions $< | nax-view --format csv -f 'part,id,$(of_design),accuracy*,energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2*' | \
	    $(call columns,made,$(made)) $(whole)

# --- and the best of random designs, of a first generation alone, at shares of the baseline's EDAP, beside the best of as many that evolve
few = nax-search --evolve --space $(JOINT) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs 0 --init $(dir)/search-joint/search.safetensors \
          --channels --designs $(RANDOM_DESIGNS)
$(dir)/random: $(call front,joint)
	$(few) --population $(RANDOM_DESIGNS) $(whole)
$(dir)/evolved-few: $(call front,joint)
	$(few) $(whole)
$(call once,$(RESULTS)/random.csv,$(dir)/random $(dir)/evolved-few $(baselines-first))
	$(first_time)
	$(here)best $(lastword $^) random=$< evolved=$(word 2,$^) -- $(JOINT_SHARES) 1 4 | awk -v n=$(RANDOM_DESIGNS) '{ print (NR == 1 ? "designs" : n) "," $$0 }' | $(call columns,made,$(made)) $(whole)

# --- training, a run SET-SEED
seed = $(lastword $(subst -, ,$(1)))
set  = $(1:%-$(seed)=%)
claim = $(dir)/$(if $(filter baselines,$(set)),baseline,train-$(set))-$(seed)
baselines := $(SEEDS:%=$(RESULTS)/runs/baselines-%.csv)
judged_by   = designer accuracy_hardware_validation $(baselines)
baseline   = $(here)baseline $(judged_by)#       ID EDAP
best       = $(here)baseline --best $(judged_by)# of the most accurate one
define trained
$(dir)/train-$(1): $(call designs,$(set)) $(settings)
	$$(train) --seed $(seed) --checkpoint $(dir)/nets-$(seed) --epochs $(EPOCHS) $(RECIPE) $$< $$(whole)
endef
$(foreach run,$(runs),$(eval $(call trained,$(run))))
$(dir)/baseline-%: $(dir)/train-baselines-% $(baselines)
	baseline=$$($(baseline)) && nax-view -q --where "id = $${baseline% *}" --format msgpack $< $(whole)

# --- KIND-RUN: by both protocols, of validation images; of all test images on the fidelity adc, of some on full, and of the same on adc; of what
# claims are of with programming errors, of the same weights and of those that were trained on with them on their own crossbars: of the
# baselines the one
range-nax      := --set adc.range=ideal
range-designer :=
looks := designer nax
tests := $(foreach kind,test full same,$(looks:%=$(kind)-%))
chips := chips-designer chips-aware
define measured
$(dir)/$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity adc --split validation $$< $$(whole)
$(dir)/test-$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity adc $$< $$(whole)
$(dir)/full-$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity full --images $(FULL_IMAGES) $$< $$(whole)
$(dir)/same-$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity adc --images $(FULL_IMAGES) $$< $$(whole)
endef
define measured_on_chips
$(dir)/aware-$(1): $(claim)
	$$(train) --seed $(seed) --init $(dir)/nets-$(seed) --checkpoint $(dir)/nets-aware-$(seed) --epochs $(AWARE) --noise-aware $(AWARE) --rate 0.02 $(chip) $$< $$(whole)
$(dir)/chips-designer-$(1): $(claim)
$(dir)/chips-aware-$(1): $(dir)/aware-$(1)
$(chips:%=$(dir)/%-$(1)):
	$$(eval) --fidelity adc $(chip) --chips $(CHIPS) $$< $$(whole)
endef
$(foreach run,$(runs),$(foreach protocol,$(looks),$(eval $(call measured,$(protocol),$(run)))))
$(foreach run,$(of_claims),$(eval $(call measured_on_chips,$(run))))

# what is kept of a run: of each design a row a kind, its costs by every convention, and what made it
fields := set,id,network,$(of_design),crossbar_fixed,accuracy*,chips,fidelity,epochs,train_seed,train_seconds,status,weights_hash,data,hardware,energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2*
keep = for file in $(filter $(dir)/%,$^); do nax-cost -q --conventions $$file | nax-view --format csv -f '$(fields)' | \
           awk -v names=kind,made -v values="$$(basename $$file -$(1)),$(made)" -f $(here)columns.awk || exit 1; echo; done > $@.part
define kept
$(call once,$(RESULTS)/runs/$(1).csv,$(looks:%=$(dir)/%-$(1)))
	$$(first_time)
	$$(call keep,$(1)) && mv $$@.part $$@
endef
define kept_later
$(call once,$(RESULTS)/runs/$(1)-$(2).csv,$(3:%=$(dir)/%-$(1)) $(RESULTS)/runs/$(1).csv)
	$$(first_time)
	$$(call keep,$(1)) && awk -F, -f $(here)weights.awk $(RESULTS)/runs/$(1).csv $$@.part && mv $$@.part $$@
endef
$(foreach run,$(runs),$(eval $(call kept,$(run)))$(eval $(call kept_later,$(run),test,$(tests))))
$(foreach run,$(of_claims),$(eval $(call kept_later,$(run),chips,$(chips))))

# --- tables: a row a design, the mean over seeds, its differences from the baseline and from the most accurate one seed by seed
tables = baseline=$$($(baseline)) && best=$$($(best)) && for kind in $(1); do $(here)join "$$baseline" "$$best" $$kind $(2) $(3) || exit 1; done $(whole)
$(RESULTS)/validation.csv: $(runs:%=$(RESULTS)/runs/%.csv)
	$(call tables,$(looks),accuracy_hardware_validation,$^)
$(RESULTS)/test.csv: $(runs:%=$(RESULTS)/runs/%-test.csv) $(baselines)
	$(call tables,$(looks:%=every-%) $(tests),accuracy,$(filter %-test.csv,$^))
of_seed = $(claimed:%=$(RESULTS)/runs/%-$(1)-test.csv)
so_far  = $(foreach s,$(SEEDS),$(if $(filter-out $(wildcard $(call of_seed,$(s))),$(call of_seed,$(s))),,$(call of_seed,$(s))))
$(RESULTS)/so-far.csv: baselines := $(wildcard $(baselines))
$(RESULTS)/so-far.csv:
	@[ -n "$(strip $(so_far))" ] || { echo "no seed has been measured yet with each of $(claimed)" >&2; exit 1; }
	$(call tables,$(looks:%=every-%) $(tests),accuracy,$(filter $(so_far) $(wildcard $(others:%=$(RESULTS)/runs/%-$(first)-test.csv)),$(runs:%=$(RESULTS)/runs/%-test.csv)))
$(RESULTS)/chips.csv: $(of_claims:%=$(RESULTS)/runs/%-chips.csv) $(baselines)
	$(call tables,$(chips),accuracy,$(filter %-chips.csv,$^))

clean-study:
	rm -rf $(dir)
