/* The fuzz target, which is called by libFuzzer, and by replay.c with the files of a corpus. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
