// Takes a picture out of an HTML report, with the colours it has there, so that the pictures in the documentation are ones
// the program really made. KIND is `walk` or `lab`; the first of its kind is taken.
//   node scripts/report-picture.ts KIND < report.html > docs/images/NAME.svg
import { text } from 'node:stream/consumers';
import { LAB_STYLE } from '../src/scenario/reporters/pictures/lab-style.ts';
import { palette, WALK_STYLE } from '../src/scenario/reporters/pictures/walk-style.ts';

const [kind = 'walk'] = process.argv.slice(2);
const page = await text(process.stdin);
const picture = new RegExp(`<svg [^>]*class="picture ${kind}"[\\s\\S]*?</svg>`).exec(page)?.[0];
if (picture === undefined) {
  process.stderr.write(`the report has no picture of a ${kind}\n`);
  process.exit(1);
}
const style = `${palette('.picture')}\n.picture { background: var(--paper); }${kind === 'lab' ? LAB_STYLE : ''}${WALK_STYLE}`;
process.stdout.write(`${picture.replace('</desc>', `</desc><style>${style}</style>`)}\n`);
