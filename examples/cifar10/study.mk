# The study: networks found together with their crossbars, against ResNet-20 on crossbars of one size.
# make -f study.mk DATA=cifar10.safetensors      results/study.csv, *.svg, out/study/*.csv on the way
# Needs the tools on PATH, and gnuplot. Every stage is a file, every training and search has a checkpoint: an interrupted
# run goes on where it was, after kill -9 too. Same recipe, epochs and seed for all.
export LC_ALL := C.UTF-8#  awk and sort read decimal points, gnuplot UTF-8
DATA    ?= cifar10.safetensors
NETWORK ?= resnet20
SPACE   ?= ./whole.yaml#     of the searches
EPOCHS  ?= 7#                of every network, on all training images
AWARE_EPOCHS ?= 1#           and then on its own crossbars, as they are (noise-aware)
RECIPE  ?=#                  of every network, beside nax-train's defaults
WARM_EPOCHS   ?= 5#          of a supernet's weights, every choice being as likely; all searches start from them
SEARCH_EPOCHS ?= 1#          of every search
EDAPS   ?= 0.05 0.2#         weights of log EDAP in the loss of searches on the hardware as it is
CALIBRATED_EDAPS ?= 0.01 0.02 0.05# on calibrated hardware
IDEAL_EDAPS ?= 0.05#         on ideal crossbars, for comparison
IMAGES  ?= 0#                test images, 0: all, on the fidelities linear and adc
FULL_IMAGES ?= 0#            on full, where an image takes some thirty times as long, as it is
FULL_CALIBRATED_IMAGES ?= 500# and after calibration
CALIBRATION ?= 256#          training images
SPACE_REFINED ?= ./upto-64.yaml# of the refinement: it does not see what larger crossbars lose
GENERATIONS ?= 60#           of 500 designs each, of the refinement
SEED    ?= 0
RANGE   ?= ideal#            the ADC's range in the search: NAX's; networks are measured with both
OTHER_RANGE ?= calibrated

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: study clean-study

dir      := out/study
.PRECIOUS: $(dir)/%.csv $(dir)/%-refined.csv $(dir)/%-aware.csv \
           $(dir)/as-is-%.policy $(dir)/calibrated-%.policy $(dir)/ideal-%.policy
SETTINGS := DATA NETWORK SPACE EPOCHS AWARE_EPOCHS RECIPE WARM_EPOCHS SEARCH_EPOCHS IMAGES FULL_IMAGES \
            FULL_CALIBRATED_IMAGES CALIBRATION SPACE_REFINED GENERATIONS SEED RANGE OTHER_RANGE
settings := $(dir)/settings
include ../settings.mk
found    := $(EDAPS:%=as-is-%) $(CALIBRATED_EDAPS:%=calibrated-%) $(IDEAL_EDAPS:%=ideal-%)
refined  := $(patsubst %,%-refined,one $(found))
cheapest := $(lastword $(CALIBRATED_EDAPS:%=calibrated-%))
aware    := $(patsubst %,%-aware,baselines one-refined $(EDAPS:%=as-is-%) $(cheapest) $(cheapest)-refined \
                                 $(IDEAL_EDAPS:%=ideal-%))
sample    = nax-sample --network $(NETWORK) --seed $(SEED)
recipe    = nax-train --data $(DATA) $(RECIPE) --validation 0 --seed $(SEED) --resume --format csv
train     = $(recipe) --epochs $(EPOCHS) --fidelity ideal --checkpoint $(dir)/nets
search    = nax-search --space $(SPACE) --network $(NETWORK) --data $(DATA) --seed $(SEED) --resume
range     = --set adc.range=$(RANGE)#  of what looks at converters
noise     = --noise $(dir)/noise#  measured once: all start from the same weights
find      = $(search) --init $(basename $<)/search.safetensors --checkpoint $(basename $@) \
            --rate 0.02 --epochs $(SEARCH_EPOCHS) --warm-epochs 0 --alpha-every 1 --alpha-rate 0.05
whole     = > $@.part && mv $@.part $@#  a target is there when it is whole

study: results/study.csv front.svg aware.svg layers.svg

# --- networks: one ResNet-20 serves on crossbars of every size; the most probable design of every policy
$(dir)/one.csv: $(settings)
	@mkdir -p $(dir)
	$(sample) --homogeneous -n 1 | $(train) --log $(dir)/one.log.csv $(whole)
$(dir)/baselines.csv: $(dir)/one.csv
	$(sample) --homogeneous --format csv | awk -F, -f ../nonideal/checkpoint.awk $< - $(whole)

$(dir)/supernet.policy: $(settings)
	@mkdir -p $(dir)
	$(search) $(range) --epochs $(WARM_EPOCHS) --warm-epochs $(WARM_EPOCHS) --checkpoint $(dir)/supernet \
	    --log $(dir)/supernet.search.csv $(whole)
$(dir)/as-is-%.policy: $(dir)/supernet.policy
	$(find) $(range) $(noise) --edap $* --log $(dir)/as-is-$*.search.csv $(whole)
$(dir)/calibrated-%.policy: $(dir)/supernet.policy
	$(find) $(range) $(noise) --calibrated --edap $* --log $(dir)/calibrated-$*.search.csv $(whole)
$(dir)/ideal-%.policy: $(dir)/supernet.policy
	$(find) --ideal --edap $* --log $(dir)/ideal-$*.search.csv $(whole)
$(dir)/%.csv: $(dir)/%.policy
	nax-sample --policy --space $(SPACE) --network $(NETWORK) -n 1 --seed $(SEED) $< | $(train) --log $(dir)/$*.log.csv $(whole)

# the same weights on the crossbars of least EDAP that evolution finds for their kernels
$(dir)/%-refined.csv: $(dir)/%.csv refine
	SPACE=$(SPACE_REFINED) ./refine $(GENERATIONS) $(SEED) < $< | awk -F, -f ../nonideal/checkpoint.awk $< - $(whole)

# the same networks, having learnt what their own crossbars do; a file's designs start from one checkpoint
$(dir)/%-aware.csv: $(dir)/%.csv
	init=$$(awk -F, 'NR == 1 { for (i = NF; $$i != "checkpoint"; i--); } NR == 2 { print $$i }' $<) && \
	    $(recipe) --init "$$init" --epochs $(AWARE_EPOCHS) --noise-aware $(AWARE_EPOCHS) --rate 0.02 \
	    $(range) --fidelity adc --images $(IMAGES) --checkpoint $(dir)/aware $< $(whole)

# --- RANGE-FIDELITY-IMAGES[-calibrated]/METHOD: accuracy and cost. $(1): range, $(2): fidelity, $(3): images, $(4): methods,
# $(5): -calibrated, accuracy then is measured after calibration too
define measurement
$(dir)/$(1)-$(2)-$(3)$(5)/%: $(dir)/%.csv
	@mkdir -p $$(@D)
	nax-eval --data $(DATA) $(if $(filter-out linear,$(2)),--set adc.range=$(1)) --fidelity $(2) --images $(3) $(if $(5),--calibrate $(CALIBRATION)) $$< | \
	    nax-cost | nax-pareto --rank --format csv | \
	    awk -v values=$$*,$(1),$(3) '{ print (NR == 1 ? "method,range,images" : values) "," $$$$0 }' $$(whole)
measured += $(4:%=$(dir)/$(1)-$(2)-$(3)$(5)/%)
endef
methods := baselines $(found) $(refined)
$(eval $(call measurement,$(RANGE),linear,$(IMAGES),$(methods),-calibrated))
$(eval $(call measurement,$(RANGE),adc,$(IMAGES),$(methods),-calibrated))
$(eval $(call measurement,$(RANGE),adc,$(IMAGES),$(aware)))
$(eval $(call measurement,$(RANGE),full,$(FULL_IMAGES),baselines one-refined $(found) $(aware)))
$(eval $(call measurement,$(RANGE),full,$(FULL_CALIBRATED_IMAGES),baselines one-refined $(found),-calibrated))
$(eval $(call measurement,$(OTHER_RANGE),adc,$(IMAGES),$(methods)))

results/study.csv: ../nonideal/columns.awk $(measured)
	@mkdir -p results
	awk -F, -v names="method range fidelity images kernel crossbar accuracy accuracy_calibrated accuracy_ideal energy_pj latency_ns area_mm2 edap_pj_ns_mm2" \
	    -f $^ > $@

# --- pictures
pictured := $(filter $(dir)/$(RANGE)-adc-$(IMAGES)-calibrated/%,$(measured))
front.svg: $(pictured)
	nax-plot front -q -o $@ --objectives accuracy_calibrated:max,edap_pj_ns_mm2:min $^
aware.svg: $(aware:%=$(dir)/$(RANGE)-adc-$(IMAGES)/%)
	nax-plot front -q -o $@ --objectives accuracy:max,edap_pj_ns_mm2:min $^
layers.svg: $(foreach method,$(found) one-refined,$(filter %/$(method),$(pictured)))
	nax-plot layers -q -o $@ $^

clean-study:
	rm -rf $(dir)
