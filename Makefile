# SPDX-License-Identifier: Apache-2.0
# Each command first makes what it needs and is not there yet; the second time that costs nothing.

PYTHON ?= python3
DURATION ?=
SEED ?=
COUNT ?=
# tests to run, and options for pytest
TESTS ?= test

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo pick test lint setup train clean

# after this: ROS (sourced, or from Python wheels), the Python packages and our own package
environment = source .venv/setup.bash

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: setup  ## show camera and perception at work until Ctrl-C (DURATION=20: for 20 s)
	@$(environment) && exec ros2 launch discinst_ros perception.launch.py \
	    camera:=replay report:=true $(if $(DURATION),duration_s:=$(DURATION))

pick: setup  ## empty a simulated bin: cell, perception, planner (SEED=3, COUNT=5: another bin)
	@$(environment) && exec ros2 launch discinst_ros pick_and_place.launch.py \
	    $(if $(SEED),seed:=$(SEED)) $(if $(COUNT),count:=$(COUNT))

test: lint  ## check style and types, run all tests (TESTS=test/core: a part)
	@$(environment) && exec python -m pytest $(TESTS)

lint: setup  ## check style and types
	@$(environment) && ruff check . && mypy

train: setup  ## train weights on drawn scenes, into runs/
	@$(environment) && exec ros2 run discinst_ros train --config config/train_drawn.yaml

setup:  ## make only what the others need (PYTHON=python3.12: another Python)
	@command -v $(PYTHON) >/dev/null || { echo '$(PYTHON) cannot be found: install Python 3.10' \
	    'to 3.13, e.g. apt-get install python3, or name it with PYTHON=...' >&2; exit 1; }
	@$(PYTHON) workspace

clean:  ## remove all that was made
	rm -rf .venv .venv-old build install log demo
