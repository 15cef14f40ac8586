/** A WebAssembly module with one function, which returns a vector. */
const VECTOR_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b],
);

/** The same for the whole process: a property of the processor. */
let found: boolean | undefined;

/** Whether WebAssembly SIMD is available. On x86 it needs SSE4.1, which many virtual machines hide. */
export function hasVectors(): boolean {
  found ??= WebAssembly.validate(VECTOR_MODULE);
  return found;
}

/**
 * What missing SIMD means for the user, and what to do.
 * @param architecture of the processor, by Node's name
 */
export function withoutVectors(architecture: string): { readonly text: string; readonly remedy: string } {
  const slower = 'pictures take several times as long, and Cosine is not used.';
  if (architecture === 'x64' || architecture === 'ia32') {
    const remedy = 'In a virtual machine, the CPU model "host" provides it.';
    return { text: `This processor has no SSE4.1: ${slower}`, remedy };
  }
  const remedy = 'Where speed matters, use a computer with an x86-64 or ARM64 processor.';
  return { text: `Without the WebAssembly SIMD of Node, ${slower}`, remedy };
}
