/**
 * Reads written down on a real kernel, and a kernel that gives the same answers: tests of what reads the kernel's
 * state.
 */
import type { Kernel, Netns, ReadResult } from './kernel.ts';
import { RecordingKernel } from './recording-kernel.ts';

/** One read and its answer. A transcript is plain JSON. */
export interface TranscriptEntry extends ReadResult {
  readonly netns: Netns;
  readonly argv: readonly string[];
  readonly stdin?: string;
}

/** A view of `kernel` whose reads are written to `transcript`. */
export function transcribing(kernel: Kernel, transcript: TranscriptEntry[]): Pick<Kernel, 'read'> {
  return {
    async read(netns, argv, stdin) {
      const result = await kernel.read(netns, argv, stdin);
      transcript.push({ netns, argv, ...(stdin === undefined ? {} : { stdin }), ...result });
      return result;
    },
  };
}

/**
 * Answers reads from a transcript. The same command asked again gets its next answer, then the last one for ever; a
 * command the transcript does not have is an error, so that a changed read is noticed. Writes are recorded.
 */
export class ReplayingKernel extends RecordingKernel {
  constructor(transcript: readonly TranscriptEntry[]) {
    const answers = new Map<string, ReadResult[]>();
    for (const { netns, argv, stdin, ...result } of transcript) {
      const key = keyOf(netns, argv, stdin);
      answers.set(key, [...(answers.get(key) ?? []), result]);
    }
    super((netns, argv, stdin) => {
      const queue = answers.get(keyOf(netns, argv, stdin));
      const answer = queue !== undefined && queue.length > 1 ? queue.shift() : queue?.[0];
      if (answer === undefined) throw new Error(`the transcript has no answer for: ${argv.join(' ')} (in ${netns})`);
      return answer;
    });
  }
}

function keyOf(netns: Netns, argv: readonly string[], stdin = ''): string {
  return JSON.stringify([netns, argv, stdin]);
}
