#!/bin/sh
# archive.sh TARGET LIST: write TARGET/archive/classes.jsa, the loaded form of the classes in LIST, so that a start does
# not have to read and verify them again. The JVM uses it as long as its class path begins with the same jars.
set -eu
target=$1
mkdir -p "$target/archive"
path=
for jar in "$target"/lib/*.jar; do path=$path:$jar; done
"$target/jre/bin/java" -Xshare:dump -XX:SharedClassListFile="$2" -XX:SharedArchiveFile="$target/archive/classes.jsa" \
  -XX:+UseSerialGC -cp "${path#:}" >/tmp/dump 2>&1 || { tail -20 /tmp/dump; exit 1; }
