#!/usr/bin/env bash
# sbatch --export=ALL,REPO=org/name,REVISION=COMMIT docs/deploy/slurm-array.sh
#SBATCH --job-name=hfget
#SBATCH --array=1-4
#SBATCH --ntasks=1
#SBATCH --output=hfget-%A-%a.log
set -euo pipefail
# Four tasks fill one folder on the shared file system, each with a quarter of the bytes.
hfget --shard auto:ranges --revision "$REVISION" --local-dir "${MODELS:-$PWD/models}/${REPO##*/}" "$REPO"
