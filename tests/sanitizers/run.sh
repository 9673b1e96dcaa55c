#!/bin/sh
# run.sh FOLDER COMMAND…: runs one test under a sanitizer, and fails when any process of it reported something. Reports
# go to files in FOLDER, because a test does not see the exit code of a child that it kills, nor what a child prints to
# a pipe that nobody reads to its end. What the sanitizers' own variables hold already comes after ours and wins.
set -eu
reports=$1
shift
rm -rf "$reports"
mkdir -p "$reports"

# ignore_noninstrumented_modules: the libraries of the distribution are not compiled with the sanitizer. How they hand
# memory from thread to thread cannot be seen, so what they themselves touch is left out.
# report_thread_leaks: gRPC ends its own threads after main has returned, or not in time.
threads=ignore_noninstrumented_modules=1:report_thread_leaks=0:second_deadlock_stack=1:exitcode=66
export TSAN_OPTIONS="$threads${TSAN_OPTIONS:+:$TSAN_OPTIONS}:log_path=$reports/thread"
# verify_asan_link_order: a test moves the clock with a library that is loaded before the sanitizer's.
# quarantine_size_mb: freed memory that is kept from use counts for a daemon whose memory a test bounds.
addresses=verify_asan_link_order=0:quarantine_size_mb=64:exitcode=66
export ASAN_OPTIONS="$addresses${ASAN_OPTIONS:+:$ASAN_OPTIONS}:log_path=$reports/address"
# Undefined behaviour ends its process, with a line on its standard error and none in the reports.
export UBSAN_OPTIONS="print_stacktrace=1:exitcode=66${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"

code=0
"$@" || code=$?
for report in "$reports"/*; do
  [ -e "$report" ] || continue
  cat "$report"
  code=66
done
exit "$code"
