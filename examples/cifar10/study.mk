# The study: networks found together with their crossbars, against ResNet-20 on crossbars of one size.
# make -f study.mk DATA=cifar10.safetensors      results/study.csv, front.svg, layers.svg, out/study/*.csv on the way
# Needs the tools on PATH, and gnuplot. Every stage is a file, every training and search has a checkpoint: an interrupted
# run goes on where it was, after kill -9 too. Same recipe, epochs and seed for all.
DATA    ?= cifar10.safetensors
NETWORK ?= resnet20
SPACE   ?= ./whole.yaml#     of the searches
EPOCHS  ?= 30#               of every network, on all training images
RECIPE  ?= --cutout 8#       of every network, beside nax-train's defaults
WARM_EPOCHS   ?= 12#         of a supernet's weights, every choice being as likely; all searches start from them
SEARCH_EPOCHS ?= 2#          of every search
EDAPS   ?= 0.02 0.05 0.1#    weights of log EDAP in the search's loss
IDEAL_EDAP ?= 0.05#          of the search on ideal crossbars, for comparison
IMAGES  ?= 0#                test images, 0: all
GENERATIONS ?= 200#          of 500 designs each, of the refinement
OTHER_IMAGES ?= 2000#        with the ADC's other range
CALIBRATION ?= 256
SEED    ?= 0
RANGE   ?= calibrated#       the ADC's range in the search; every network is measured with both

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: study clean-study

dir      := out/study
found    := $(EDAPS:%=edap-%) ideal-$(IDEAL_EDAP)
methods  := baselines $(found) $(patsubst %,%-refined,one $(found))
ranges   := ideal calibrated
rungs    := linear adc full
sample    = nax-sample --network $(NETWORK) --seed $(SEED)
train     = nax-train --data $(DATA) --epochs $(EPOCHS) $(RECIPE) --validation 0 --fidelity ideal --seed $(SEED) \
            --checkpoint $(dir)/nets --resume --format csv
search    = nax-search --space $(SPACE) --network $(NETWORK) --data $(DATA) --set adc.range=$(RANGE) --seed $(SEED) --resume
find      = $(search) --init $< --rate 0.02 --epochs $(SEARCH_EPOCHS) --warm-epochs 0 --alpha-every 1 --alpha-rate 0.03 \
            --checkpoint $(basename $@)
whole     = > $@.part && mv $@.part $@#  a target is there when it is whole

study: results/study.csv front.svg layers.svg

# --- networks: one ResNet-20 serves on crossbars of every size; the most probable design of every policy
$(dir)/one.csv:
	@mkdir -p $(dir)
	$(sample) --homogeneous -n 1 | $(train) --log $(dir)/one.log.csv $(whole)
$(dir)/baselines.csv: $(dir)/one.csv
	$(sample) --homogeneous --format csv | awk -F, -f ../nonideal/checkpoint.awk $< - $(whole)

$(dir)/supernet.policy:
	@mkdir -p $(dir)
	$(search) --epochs $(WARM_EPOCHS) --warm-epochs $(WARM_EPOCHS) --checkpoint $(dir)/supernet \
	    --log $(dir)/supernet.search.csv $(whole)
$(dir)/supernet/search.safetensors: $(dir)/supernet.policy ;
$(dir)/edap-%.policy: $(dir)/supernet/search.safetensors
	$(find) --edap $* --log $(dir)/edap-$*.search.csv $(whole)
$(dir)/ideal-%.policy: $(dir)/supernet/search.safetensors
	$(find) --ideal --edap $* --log $(dir)/ideal-$*.search.csv $(whole)
$(dir)/%.csv: $(dir)/%.policy
	nax-sample --policy --space $(SPACE) --network $(NETWORK) -n 1 --seed $(SEED) $< | $(train) --log $(dir)/$*.log.csv $(whole)

# the same weights on the crossbars of least EDAP that evolution finds for their kernels
$(dir)/%-refined.csv: $(dir)/%.csv refine
	SPACE=$(SPACE) ./refine $(GENERATIONS) $(SEED) < $< | awk -F, -f ../nonideal/checkpoint.awk $< - $(whole)

# --- RANGE-RUNG/METHOD: accuracy and cost
images = $(if $(filter $(1),$(RANGE)),$(IMAGES),$(OTHER_IMAGES))
define evaluation
$(dir)/$(2)-$(3)/$(1): $(dir)/$(1).csv
	@mkdir -p $$(@D)
	nax-eval --data $(DATA) --set adc.range=$(2) --fidelity $(3) --images $(call images,$(2)) --calibrate $(CALIBRATION) $$< | \
	    nax-cost --set adc.range=$(2) | nax-pareto --rank --format csv | \
	    awk -v values=$(1),$(2),$(call images,$(2)) \
	    '{ print (NR == 1 ? "method,range,images" : values) "," $$$$0 }' $$(whole)
endef
$(foreach m,$(methods),$(foreach a,$(ranges),$(foreach r,$(rungs),$(eval $(call evaluation,$(m),$(a),$(r))))))

results/study.csv: ../nonideal/columns.awk \
    $(foreach r,$(rungs),$(foreach a,$(ranges),$(methods:%=$(dir)/$(a)-$(r)/%)))
	@mkdir -p results
	awk -F, -v names="method range fidelity images kernel crossbar accuracy accuracy_calibrated accuracy_ideal energy_pj latency_ns area_mm2 edap_pj_ns_mm2" \
	    -f $^ > $@

# --- pictures: accuracy on every conversion, with the range that the search had
front.svg layers.svg: $(methods:%=$(dir)/$(RANGE)-full/%)
	nax-plot $(basename $@) -q -o $@ $^

clean-study:
	rm -rf $(dir)
