#!/bin/bash -eu
exec bash -eux "$SRC/lostwrite/oss-fuzz/build.sh"
