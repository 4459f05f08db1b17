# The study of PROTOCOL.md: networks found together with their crossbars, against the same network as it is, on crossbars of one size.
# (Other networks and images: ../tiny-imagenet/Makefile.)
# make -f study.mk validation DATA=cifar10.safetensors    searches and trainings, judged by validation images: results/validation.csv
# make -f study.mk test DATA=...                          then, once, all test images: results/test.csv
# make -f study.mk results/runs/joint-0-test.csv DATA=... what one run takes, alone
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
WARM_EPOCHS     ?= 6#        of the weights that searches by gradients start from
SEARCH_EPOCHS   ?= 6#        of such a search
EDAPS   ?= 0.02 0.05 0.1#    its weights of log EDAP
FULL_IMAGES ?= 0#            test images on the fidelity full, 0: all
CHIPS   ?= 8#                with programming errors, of what claims are of
RANKED  ?= 12#               designs of the joint front by which inherited weights are judged
RANK_EPOCHS ?= 10#           of their training
RANDOM_DESIGNS ?= 300#       beside as many that evolve
THREADS ?= 2
RESULTS ?= results#          another folder for another study

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: validation test clean-study

here     := $(dir $(lastword $(MAKEFILE_LIST)))
dir      := out/study
OF_STUDY := NETWORK SPACE JOINT SHARES JOINT_SHARES EPOCHS AWARE RECIPE SUPERNET_EPOCHS DESIGNS WARM_EPOCHS SEARCH_EPOCHS FULL_IMAGES CHIPS RANKED RANK_EPOCHS RANDOM_DESIGNS
SETTINGS := DATA $(OF_STUDY)
settings := $(dir)/settings
include $(here)../settings.mk

# RESULTS holds one study, and knows its settings
study     := $(foreach s,$(OF_STUDY),$(s)=$(strip $($(s))))
study_was := $(shell cat $(RESULTS)/study 2>/dev/null)
ifneq ($(study_was),)
ifneq ($(study_was),$(study))
$(error '$(RESULTS)' holds a study with $(filter-out $(study),$(study_was)), asked for is $(filter-out $(study_was),$(study)): RESULTS=FOLDER keeps it apart)
endif
endif
$(RESULTS)/study:
	@mkdir -p $(RESULTS)/runs $(RESULTS)/designs
	@printf '%s\n' '$(subst ','\'',$(study))' >$@
# FILE of it, from what: from nothing while it is there
once = $(1): $(if $(wildcard $(1)),,$(2) | $(RESULTS)/study)

claimed := baselines joint evolved#               with every seed
others  := joint-knee evolved-knee gradient#      with the first seed: they support no claim
first   := $(firstword $(SEEDS))
runs    := $(foreach set,$(claimed),$(SEEDS:%=$(set)-%)) $(others:%=%-$(first))
whole   = > $@.part && mv $@.part $@#  a target is there when it is whole
chip   := --set device.programming.error=normal --set device.programming.error_frac=0.02
train   = nax-train --data $(DATA) -j $(THREADS) --split validation --resume --log $@.log.csv
eval    = nax-eval --data $(DATA) -j $(THREADS)
designs = $(RESULTS)/designs/$(1).csv
front   = $(RESULTS)/$(1)-front.csv

validation: $(RESULTS)/validation.csv $(RESULTS)/agreement.csv $(RESULTS)/inherited.csv $(RESULTS)/parts.csv $(RESULTS)/random.csv
test: $(RESULTS)/test.csv

# --- searches: by evolution, of each space
searched-joint   := $(JOINT)
searched-evolved := $(SPACE)
define evolution
$(dir)/search-$(1).front: $(settings)
	nax-search --evolve --space $(searched-$(1)) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs $(SUPERNET_EPOCHS) \
	    --designs $(DESIGNS) --checkpoint $(dir)/search-$(1) --resume --log $(dir)/search-$(1).log.csv --format csv $$(whole)
$(call once,$(call front,$(1)),$(dir)/search-$(1).front)
	cp $$< $$@
endef
$(foreach search,joint evolved,$(eval $(call evolution,$(search))))

# by gradients on the hardware of NAX; another seed, other draws and ideal crossbars (NAX-i) tell how far searches agree
gradient = nax-search --space $(SPACE) --network $(NETWORK) --data $(DATA) -j $(THREADS) --resume \
           --checkpoint $(basename $@) --log $(basename $@).log.csv
find     = $(gradient) --seed $(1) --init $(dir)/warm-$(1)/search.safetensors --epochs $(SEARCH_EPOCHS) --warm-epochs 0 --rate 0.02
wires   := --set adc.range=ideal --noise $(dir)/noise#  which is measured once
middle  := $(word 2,$(EDAPS))

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
	nax-sample --agreement --format csv $^ $(whole)

# --- what is compared: the baselines, of each front what is chosen before any of it is trained, and each policy's most probable design
of = | awk -v set=$(1) '{ print $$0 "," (NR == 1 ? "set" : set) }' $(whole)

$(call once,$(call designs,baselines))
	nax-sample --space $(SPACE) --network $(NETWORK) --homogeneous --format csv $(call of,baselines)
$(call once,$(call designs,gradient),$(EDAPS:%=$(dir)/gradient-%.policy))
	nax-sample --policy --space $(SPACE) --network $(NETWORK) -n 1 --format csv $^ $(call of,gradient)

shares-joint   := $(JOINT_SHARES)
shares-evolved := $(SHARES)
define chosen
$(call once,$(call designs,$(1)),$(call front,$(1)) $(RESULTS)/runs/baselines-$(first).csv)
	$(here)choose $$(word 2,$$^) $$< $(shares-$(1)) $$(call of,$(1))
$(call once,$(call designs,$(1)-knee),$(call front,$(1)))
	nax-pareto -q --knee -o accuracy_hardware_validation:max,edap_pj_ns_mm2:min --format csv $$< $$(call of,$(1)-knee)
endef
$(foreach search,joint evolved,$(eval $(call chosen,$(search))))

# --- how well inherited weights rank designs: some of the front, evenly spread over its order by EDAP, are trained briefly
$(dir)/ranked.csv: $(call front,joint)
	nax-view --sort edap_pj_ns_mm2 --format csv $< | awk -v n=$(RANKED) '{ line[NR] = $$0 } \
	    END { print line[1]; if (n > NR - 1) n = NR - 1; for (i = 0; i < n; i++) print line[2 + int(i * (NR - 2) / (n > 1 ? n - 1 : 1))] }' $(whole)
$(dir)/ranked-trained.csv: $(dir)/ranked.csv
	$(train) --checkpoint $(dir)/nets-ranked --epochs $(RANK_EPOCHS) $(RECIPE) --format csv $< $(whole)
$(call once,$(RESULTS)/inherited.csv,$(dir)/ranked.csv $(dir)/ranked-trained.csv)
	awk -F, -v field=accuracy_hardware_validation -f $(here)rank.awk $^ $(whole)

# --- by inherited weights and all validation images: what each kind of decision of a design buys alone
judge = nax-search --evolve --judge --space $(JOINT) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs $(SUPERNET_EPOCHS) \
            --checkpoint $(dir)/search-joint --resume --images 0
$(dir)/parts.csv: $(call designs,baselines) $(call designs,joint) $(RESULTS)/runs/baselines-$(first).csv
	$(here)parts $^ $(whole)
$(call once,$(RESULTS)/parts.csv,$(dir)/parts.csv $(dir)/search-joint.front)
	$(judge) $< | nax-cost -q --conventions | nax-view --format csv -f 'part,id,kernel,crossbar,width*,adc_*,accuracy*,energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2*' $(whole)

# --- and the best of random designs, at shares of the baseline's EDAP, beside the best of as many that evolve
best = for share in $(JOINT_SHARES) 1 4; do nax-pareto -q --rank -o accuracy_hardware_validation:max --where "edap_pj_ns_mm2 <= $$(awk -v s=$$share -v e=$$edap \
           'BEGIN { printf "%.17g", s * e }')" $(2) | nax-view -q --sort accuracy_hardware_validation:max -n 1 --format csv -f accuracy_hardware_validation | \
           awk -v way=$(1) -v share=$$share 'NR == 2 { print way ",$(RANDOM_DESIGNS)," share "," $$1 }'; done
$(dir)/random: $(dir)/search-joint.front
	nax-sample --space $(JOINT) --network $(NETWORK) --random $(RANDOM_DESIGNS) | $(judge) --images 1000 $(whole)
$(dir)/evolved-few: $(dir)/search-joint.front
	nax-search --evolve --space $(JOINT) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs 0 --init $(dir)/search-joint/search.safetensors \
	    --designs $(RANDOM_DESIGNS) $(whole)
$(call once,$(RESULTS)/random.csv,$(dir)/random $(dir)/evolved-few $(RESULTS)/runs/baselines-$(first).csv)
	edap=$$($(here)baseline designer accuracy_hardware_validation $(lastword $^)); edap=$${edap#* }; \
	{ echo way,designs,edap_of_baseline,accuracy_hardware_validation; $(call best,random,$<); $(call best,evolved,$(word 2,$^)); } $(whole)

# --- training, a run SET-SEED, and on from there on the own crossbars; both judged by validation images
seed = $(lastword $(subst -, ,$(1)))
set  = $(1:%-$(seed)=%)
define trained
$(dir)/train-$(1): $(call designs,$(set)) $(settings)
	$$(train) --seed $(seed) --checkpoint $(dir)/nets-$(seed) --epochs $(EPOCHS) $(RECIPE) $$< $$(whole)
$(dir)/aware-$(1): $(dir)/train-$(1)
	$$(train) --seed $(seed) --init $(dir)/nets-$(seed) --checkpoint $(dir)/nets-aware-$(seed) --epochs $(AWARE) --noise-aware $(AWARE) --rate 0.02 $(chip) $$< $$(whole)
endef
$(foreach run,$(runs),$(eval $(call trained,$(run))))

# --- KIND-RUN: by both protocols, of validation images; of all test images, on the fidelities adc and full; with programming errors,
# of the same weights and of those that were trained on with them
range-nax      := --set adc.range=ideal
range-designer :=
looks := nax designer
tests := $(foreach kind,test full,$(looks:%=$(kind)-%))
chips := chips-designer chips-aware
define measured
$(dir)/$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity adc --split validation $$< $$(whole)
$(dir)/test-$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity adc $$< $$(whole)
$(dir)/full-$(1)-$(2): $(dir)/train-$(2)
	$$(eval) $(range-$(1)) --fidelity full --images $(FULL_IMAGES) $$< $$(whole)
endef
$(foreach run,$(runs),$(foreach protocol,$(looks),$(eval $(call measured,$(protocol),$(run)))))
$(dir)/chips-designer-%: $(dir)/train-%
	$(eval) --fidelity adc $(chip) --chips $(CHIPS) $< $(whole)
$(dir)/chips-aware-%: $(dir)/aware-%
	$(eval) --fidelity adc $(chip) --chips $(CHIPS) $< $(whole)

# what is kept of a run: of each design a row a kind, its costs by every convention, and what made it
fields := set,id,network,kernel,crossbar*,width*,adc_*,slice_*,*_bits,accuracy*,chips,fidelity,epochs,train_seed,train_seconds,status,hardware,energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2*
made   := $(shell nax --version 2>/dev/null) on $(shell awk -F': ' '/^model name/ { model = $$2 } /^flags/ { flags = " " $$2 " " } \
    END { n = split("amx_bf16 avx512_bf16 avx512f avx2", isa, " "); for (i = 1; i < n && !index(flags, " " isa[i] " "); i++); print model " " isa[i] }' /proc/cpuinfo)
keep = for file in $^; do nax-cost -q --conventions $$file | nax-view --format csv -f '$(fields)' | \
           awk -v kind=$$(basename $$file -$(1)) '{ print (NR == 1 ? "kind,made" : kind ",$(made)") "," $$0 }' || exit 1; done $(whole)
define kept
$(call once,$(RESULTS)/runs/$(1).csv,$(looks:%=$(dir)/%-$(1)))
	$$(call keep,$(1))
$(call once,$(RESULTS)/runs/$(1)-test.csv,$(tests:%=$(dir)/%-$(1)) $(if $(filter $(set),$(claimed)),$(chips:%=$(dir)/%-$(1))))
	$$(call keep,$(1))
endef
$(foreach run,$(runs),$(eval $(call kept,$(run))))

# --- tables: a row a design, the mean over seeds, its difference from the baseline seed by seed
tables = for kind in $(1); do $(here)join $$kind $(2) $(3) || exit 1; done $(whole)
$(RESULTS)/validation.csv: $(runs:%=$(RESULTS)/runs/%.csv)
	$(call tables,$(looks),accuracy_hardware_validation,$^)
$(RESULTS)/test.csv: $(runs:%=$(RESULTS)/runs/%-test.csv)
	$(call tables,$(tests) $(chips),accuracy,$^)

clean-study:
	rm -rf $(dir)
