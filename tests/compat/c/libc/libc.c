/* The part of the C library that the rule and its bindings use: an allocator with a free list for each power of two, and strings.
 *
 * Memory is grown by pages and never given back, as WebAssembly has it. Where there is none left, the guest traps. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536
#define LEAST 4 /* 16 bytes */
#define CLASSES 28

typedef struct block {
  size_t class;
  struct block *next; /* while it is free */
} block_t;

#define HEAD 8 /* keeps what is handed out at multiples of 8 */

extern uint8_t __heap_base;
static uintptr_t top;
static block_t *free_blocks[CLASSES];

void abort(void) { __builtin_trap(); }

static block_t *fresh(size_t class) {
  size_t size = HEAD + ((size_t)1 << class);
  if (top == 0)
    top = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
  uintptr_t end = top + size, held = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > held && __builtin_wasm_memory_grow(0, (end - held + PAGE - 1) / PAGE) == (size_t)-1)
    abort();
  block_t *block = (block_t *)top;
  top = end;
  block->class = class;
  return block;
}

void *malloc(size_t size) {
  size_t class = LEAST;
  while (((size_t)1 << class) < size)
    if (++class == CLASSES)
      abort();
  block_t *block = free_blocks[class];
  if (block)
    free_blocks[class] = block->next;
  else
    block = fresh(class);
  return (uint8_t *)block + HEAD;
}

void free(void *old) {
  if (!old)
    return;
  block_t *block = (block_t *)((uint8_t *)old - HEAD);
  block->next = free_blocks[block->class];
  free_blocks[block->class] = block;
}

void *realloc(void *old, size_t size) {
  if (!old)
    return malloc(size);
  size_t held = (size_t)1 << ((block_t *)((uint8_t *)old - HEAD))->class;
  if (size <= held)
    return old;
  void *larger = malloc(size);
  memcpy(larger, old, held);
  free(old);
  return larger;
}

/* By bytes on purpose: compiled with -fno-builtin, so that the compiler does not make a call of itself out of them. */

void *memcpy(void *to, const void *from, size_t size) {
  for (size_t i = 0; i < size; i++)
    ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
  return to;
}

void *memset(void *to, int byte, size_t size) {
  for (size_t i = 0; i < size; i++)
    ((uint8_t *)to)[i] = (uint8_t)byte;
  return to;
}

int memcmp(const void *one, const void *other, size_t size) {
  for (size_t i = 0; i < size; i++) {
    int differs = ((const uint8_t *)one)[i] - ((const uint8_t *)other)[i];
    if (differs)
      return differs;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length])
    length++;
  return length;
}
