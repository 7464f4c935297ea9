#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes its arguments, its folder and what it is told about sweeps.
for argument; do printf '<%s>' "$argument"; done
printf ' %s' "$PWD" "shard=$MALLOCSPY_SWEEP_SHARD" "jobs=$MALLOCSPY_SWEEP_JOBS" "mode=$MALLOCSPY_SWEEP_MODE" \
  "limit=$MALLOCSPY_SWEEP_LIMIT" "colour=$COLOUR"
echo
