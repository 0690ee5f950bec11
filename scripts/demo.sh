#!/usr/bin/env bash
# The main job, end to end: train → eval → export → check in MediaPipe. Called by `make demo [DATA=DIR]`.
set -euo pipefail
data=$1 run=$2 base=$3

schedule=() ordinary=
if [ -z "$data" ]; then
  data=runs/sample
  # The sample set is for a first look: about three minutes on two cores, in steps three times as large, which its exact labels allow, and
  # on every crop twice. Labels without mistakes need no suspects. Your own data gets the full schedule.
  schedule=(--set "samples=[1456, 1456]" --set visits=2 --set lr=0.003 --set replay.share=0.125 --set suspects=false
    --set validations=1)
  ordinary=ordinary  # the split that shows what was forgotten
  [ -d "$data/annotations" ] || posetune data sample "$data"
fi
if [ -e "$run" ]; then
  run="$run-$(date +%Y%m%d-%H%M%S)"
fi
# People that no run has looked at, where the set has them. Otherwise eval takes what the run held out of its training: val, or a
# part of train. Never people it was trained on.
held_out=$(python - "$data" <<'PY'
import sys
from posetune.cli import main_guard
from posetune.data.dataset import find_splits

with main_guard() as guard:
    print(",".join(s for s in find_splits(sys.argv[1]) if "train" not in s and s not in ("val", "ordinary")))
sys.exit(guard.code)
PY
)

posetune train --data "$data" --base "$base" --out "$run" ${schedule[@]+"${schedule[@]}"}
posetune eval --data "$data" ${held_out:+--split "$held_out"} "$run" --brief --json "$run/eval.json" \
  --report "$run/report.html" --picture "$run/stock-beside-tuned.png"
if [ -n "$ordinary" ]; then
  echo
  echo "What it did to ordinary poses that nothing was trained on:"
  posetune eval --data "$data" --split "$ordinary" "$run" --brief --no-pipeline --no-offset --stock full
fi
posetune export "$run" --out "$run/pose.task"
posetune doctor "$run/pose.task" --try
echo
echo "The tuned bundle, for any MediaPipe PoseLandmarker:  $run/pose.task"
echo "The report, stock beside tuned:                      $run/report.html"
echo "One picture of it:                                   $run/stock-beside-tuned.png"
