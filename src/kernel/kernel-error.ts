/** A kernel command that failed: where, which tool, which line, what it said. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly netns: string;
  readonly tool: string;
  /** The line that failed, or the whole command where the tool does not say. */
  readonly line: string;
  readonly stderr: string;

  constructor(fields: { netns: string; tool: string; line: string; stderr: string; cause?: unknown }) {
    const where = fields.netns === '' ? '' : ` in ${fields.netns}`;
    super(`${fields.tool}${where}: ${fields.stderr.trim().split('\n')[0] || 'failed'} (line: ${fields.line})`, {
      cause: fields.cause,
    });
    this.netns = fields.netns;
    this.tool = fields.tool;
    this.line = fields.line;
    this.stderr = fields.stderr;
  }
}
