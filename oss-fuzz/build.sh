#!/bin/bash -eu
# What OSS-Fuzz, ClusterFuzzLite and oss-fuzz/local run: builds the fuzz targets with the flags of the image
# and puts them into $OUT, each with its seeds, its dictionary and its options. A new target needs no line
# here.
cd "$SRC/lostwrite"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$WORK/target}

# The program itself, for seeds and dictionary: without the image's flags, since its build scripts and macros
# would be built with the sanitizer too, and do not run then.
lostwrite() {
  env -u RUSTFLAGS cargo run --quiet --locked --target-dir "$CARGO_TARGET_DIR/program" -- "$@"
}

# Debug assertions stay on: they are the machine's own checks, half of what a crash can tell; they cost a
# fifth of the speed. Compares are not traced: inputs are small numbers that are reduced to what exists, so
# that no comparison holds a value worth copying; without, it is half as fast again. Linking without LTO takes
# a quarter less time, and the targets are as fast.
CARGO_PROFILE_RELEASE_LTO=off cargo fuzz build -O --debug-assertions --no-trace-compares

seeds=$(mktemp -d -p "$WORK")
lostwrite corpus seeds "$seeds"
lostwrite corpus dictionary "$WORK/cases.dict"
# From inside the folder, so that the archive is flat.
(cd "$seeds" && python3 -m zipfile -c "$WORK/seeds.zip" .)
rm -r "$seeds"

for target in $(oss-fuzz/targets); do
  # Not stripped: the symbol LLVMFuzzerTestOneInput is what makes a file a target.
  cp "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  # All targets take the byte form of a case.
  cp "$WORK/seeds.zip" "$OUT/${target}_seed_corpus.zip"
  cp "$WORK/cases.dict" "$OUT/$target.dict"
  cp oss-fuzz/default.options "$OUT/$target.options"
done
