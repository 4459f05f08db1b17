# The study of PROTOCOL.md: networks found together with their crossbars, against the same network as it is, on crossbars of one size.
# (Other networks and images: ../tiny-imagenet/Makefile.)
# make -f study.mk validation DATA=cifar10.safetensors    searches and trainings, judged by validation images: results/validation.csv
# make -f study.mk test DATA=...                          then, once, all test images: results/test.csv
# Needs the tools on PATH. Every stage is a file, every search and training has checkpoints: an interrupted run goes on where it was, after
# kill -9 too. -j2 THREADS=1 trains two networks at a time, to the same bits.
export LC_ALL := C.UTF-8
DATA    ?= cifar10.safetensors
NETWORK ?= resnet20
SPACE   ?= cifar10#          NAX's: kernels, crossbars, layers left out
JOINT   ?= joint-cifar10#    with widths and ADCs
SHARES       ?= 0.7#         of the baseline's EDAP, at which designs of SPACE are chosen
JOINT_SHARES ?= 0.5 0.15#    and of JOINT
SEEDS   ?= 0 1 2#            of the baselines and of what is chosen by shares; all else has the first alone
EPOCHS  ?= 30#               of every network
AWARE   ?= 2#                then on its own crossbars, each time another chip (noise-aware)
RECIPE  ?=#                  of every network, beside nax-train's defaults
SUPERNET_EPOCHS ?= 25#       of a one-shot search
DESIGNS ?= 2000#             that it looks at
WARM_EPOCHS     ?= 6#        of the weights that searches by gradients start from
SEARCH_EPOCHS   ?= 6#        of such a search
EDAPS   ?= 0.02 0.05 0.1#    its weights of log EDAP
FULL_IMAGES ?= 0#            test images on the fidelity full, 0: all
CHIPS   ?= 8#                with programming errors
RANKED  ?= 12#               designs of the joint front by which inherited weights are judged
RANK_EPOCHS ?= 10#           of their training
THREADS ?= 2

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: validation test clean-study

here     := $(dir $(lastword $(MAKEFILE_LIST)))
dir      := out/study
SETTINGS := DATA NETWORK SPACE JOINT SHARES JOINT_SHARES EPOCHS AWARE RECIPE SUPERNET_EPOCHS DESIGNS WARM_EPOCHS SEARCH_EPOCHS FULL_IMAGES CHIPS RANKED RANK_EPOCHS
settings := $(dir)/settings
include $(here)../settings.mk

claimed := baselines joint evolved#               with every seed
others  := joint-knee evolved-knee gradient#      with the first seed: they support no claim
runs    := $(foreach set,$(claimed),$(SEEDS:%=$(set)-%)) $(others:%=%-$(firstword $(SEEDS)))
whole   = > $@.part && mv $@.part $@#  a target is there when it is whole
chip   := --set device.programming.error=normal --set device.programming.error_frac=0.02
train   = nax-train --data $(DATA) -j $(THREADS) --split validation --resume --log $@.log.csv
eval    = nax-eval --data $(DATA) -j $(THREADS)

validation: results/validation.csv results/agreement.csv results/inherited.csv
test: results/test.csv

# --- what is compared: the baselines, and what is chosen of each search before any of it is trained
of = | awk -v set=$(1) '{ print $$0 "," (NR == 1 ? "set" : set) }' $(whole)

$(dir)/baselines: $(settings)
	nax-sample --space $(SPACE) --network $(NETWORK) --homogeneous --format csv $(call of,baselines)

$(dir)/joint.front:   searched := $(JOINT)
$(dir)/evolved.front: searched := $(SPACE)
$(dir)/%.front: $(settings)
	nax-search --evolve --space $(searched) --network $(NETWORK) --data $(DATA) -j $(THREADS) --epochs $(SUPERNET_EPOCHS) --designs $(DESIGNS) \
	    --checkpoint $(dir)/search-$* --resume --log $(dir)/search-$*.log.csv $(whole)

$(dir)/joint:   shares := $(JOINT_SHARES)
$(dir)/evolved: shares := $(SHARES)
$(dir)/joint $(dir)/evolved: $(dir)/%: $(dir)/%.front $(dir)/designer-baselines-$(firstword $(SEEDS)) $(here)choose $(here)baseline
	$(here)choose $(word 2,$^) $< $(shares) $(call of,$*)
$(dir)/%-knee: $(dir)/%.front
	nax-pareto -q --knee -o accuracy_hardware_validation:max,edap_pj_ns_mm2:min --format csv $< $(call of,$*-knee)

# by gradients on the hardware of NAX: the most probable design of every weight of cost; another seed, other draws and ideal crossbars
# (NAX-i) tell how far searches agree
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

$(dir)/gradient: $(EDAPS:%=$(dir)/gradient-%.policy)
	nax-sample --policy --space $(SPACE) --network $(NETWORK) -n 1 --format csv $^ $(call of,gradient)
results/agreement.csv: $(foreach other,$(middle) draws seed ideal ideal-draws,$(dir)/gradient-$(other).policy)
	@mkdir -p results
	nax-sample --agreement --format csv $^ $(whole)

# --- how well inherited weights rank designs: some of the front, evenly spread over its order by EDAP, are trained briefly
$(dir)/ranked.csv: $(dir)/joint.front
	nax-view --sort edap_pj_ns_mm2 --format csv $< | awk -v n=$(RANKED) '{ line[NR] = $$0 } \
	    END { print line[1]; if (n > NR - 1) n = NR - 1; for (i = 0; i < n; i++) print line[2 + int(i * (NR - 2) / (n > 1 ? n - 1 : 1))] }' $(whole)
$(dir)/ranked-trained.csv: $(dir)/ranked.csv
	$(train) --checkpoint $(dir)/nets-ranked --epochs $(RANK_EPOCHS) $(RECIPE) --format csv $< $(whole)
results/inherited.csv: $(dir)/ranked.csv $(dir)/ranked-trained.csv $(here)rank.awk
	@mkdir -p results
	awk -F, -v field=accuracy_hardware_validation -f $(here)rank.awk $(dir)/ranked.csv $(dir)/ranked-trained.csv $(whole)

# --- training, a run SET-SEED; then on the own crossbars; both judged by validation images
seed = $(lastword $(subst -, ,$(1)))
define trained
$(dir)/train-$(1): $(dir)/$(1:%-$(seed)=%)
	$$(train) --seed $(seed) --checkpoint $(dir)/nets-$(seed) --epochs $(EPOCHS) $(RECIPE) $$< $$(whole)
$(dir)/aware-$(1): $(dir)/train-$(1)
	$$(train) --seed $(seed) --init $(dir)/nets-$(seed) --checkpoint $(dir)/nets-aware-$(seed) --epochs $(AWARE) --noise-aware $(AWARE) --rate 0.02 $(chip) $$< $$(whole)
endef
$(foreach run,$(runs),$(eval $(call trained,$(run))))

# the protocols: as NAX, and as a designer would
nax-weights := train
nax-range   := --set adc.range=ideal
designer-weights := aware
designer-range   :=

# --- PROTOCOL-RUN by validation images; test-…, full-…: all test images, on the fidelities adc and full; chips-…: with programming errors
define measured
$(dir)/$(1)-$(2): $(dir)/$($(1)-weights)-$(2)
	$$(eval) $($(1)-range) --fidelity adc --split validation $$< | nax-cost $$(whole)
$(dir)/test-$(1)-$(2): $(dir)/$($(1)-weights)-$(2)
	$$(eval) $($(1)-range) --fidelity adc $$< | nax-cost $$(whole)
$(dir)/full-$(1)-$(2): $(dir)/$($(1)-weights)-$(2)
	$$(eval) $($(1)-range) --fidelity full --images $(FULL_IMAGES) $$< | nax-cost $$(whole)
$(dir)/chips-$(1)-$(2): $(dir)/$($(1)-weights)-$(2)
	$$(eval) $($(1)-range) --fidelity adc $(chip) --chips $(CHIPS) $$< | nax-cost $$(whole)
endef
$(foreach run,$(runs),$(foreach protocol,nax designer,$(eval $(call measured,$(protocol),$(run)))))

# --- tables: a row a design, the mean over seeds, its difference from the baseline seed by seed
results/validation.csv: $(foreach protocol,nax designer,$(runs:%=$(dir)/$(protocol)-%)) $(here)join
	@mkdir -p results
	for protocol in nax designer; do $(here)join $$protocol accuracy_hardware_validation $(runs:%=$(dir)/$$protocol-%) || exit 1; done $(whole)
results/test.csv: $(foreach kind,test full chips,$(foreach protocol,nax designer,$(runs:%=$(dir)/$(kind)-$(protocol)-%))) $(here)join
	@mkdir -p results
	for kind in test full chips; do for protocol in nax designer; do \
	    $(here)join $$kind-$$protocol accuracy $(runs:%=$(dir)/$$kind-$$protocol-%) || exit 1; done; done $(whole)

clean-study:
	rm -rf $(dir)
