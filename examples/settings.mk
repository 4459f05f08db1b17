# What experiments include: a file that is new whenever their settings are others, nax's version among them. The first
# stages depend on it, so that what was made with other settings is made again (weights that are the same are not).
# Before: SETTINGS, names of variables, and settings, the file.
settings_now := nax=$(shell nax-sample --version 2>&1) $(foreach s,$(SETTINGS),$(s)=$(strip $($(s))))
quoted_now   := '$(subst ','\'',$(settings_now))'
settings_was := $(shell mkdir -p $(dir $(settings)); cat $(settings) 2>/dev/null; \
                        printf '%s\n' $(quoted_now) | cmp -s - $(settings) || printf '%s\n' $(quoted_now) >$(settings))
$(if $(settings_was),$(if $(filter-out $(settings_was),$(settings_now)),$(info settings now: $(filter-out $(settings_was),$(settings_now)))))
# where `clean` comes first
settings_goal := $(.DEFAULT_GOAL)
$(settings):
	@mkdir -p $(@D)
	@printf '%s\n' $(quoted_now) > $@
.DEFAULT_GOAL := $(settings_goal)
