#!/bin/sh
# run.sh PEER FOLDER [--rounds N] [--seed FIRST] [--steps N]: installs the pinned packages into FOLDER (npm's
# cache serves when there is no network) and runs the rounds. 77 means skipped, with the reason printed.
set -eu
peer=$1
folder=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

for tool in node npm; do
  if ! command -v "$tool" > /dev/null; then
    echo "skipped: $tool is absent"
    exit 77
  fi
done
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
  echo "skipped: ts-mls needs Node 20 or later, this is $(node --version)"
  exit 77
fi

mkdir -p "$folder/ts_mls"
cp "$here"/package.json "$here"/*.mjs "$folder/ts_mls/"
cd "$folder/ts_mls"
if [ ! -d node_modules/ts-mls ]; then
  if ! npm install --prefer-offline --no-audit --no-fund > npm.log 2>&1; then
    echo "skipped: npm cannot install ts-mls 1.6.4 (see $PWD/npm.log)"
    exit 77
  fi
fi
exec node interop.mjs "$peer" "$@"
