// npm run node -- scripts/write-proofs.mjs [--check]: writes the tables of what has been tried into docs. Their rows are the claims
// of scripts/claims.json. A check declares in a comment: `Proves: CLAIM by real`, or `fake`, or `reading`, with a note in parentheses
// behind it. --check writes nothing, and exits with 1 where a table is not that.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const begin = '<!-- scripts/write-proofs.mjs writes this table -->';
const end = '<!-- end of the table -->';
const means = ['real', 'fake', 'reading'];
const claims = JSON.parse(readFileSync('scripts/claims.json', 'utf8'));
const proofs = listProofs();
const known = Object.values(claims).flat();
const strays = proofs.filter(({ claim }) => !known.includes(claim));
for (const { claim, path } of strays) console.error(`${path} proves what scripts/claims.json does not hold: ${claim}`);
const stale = Object.keys(claims).filter(writeTable);
for (const path of stale) console.error(`${path}: ${process.argv.includes('--check') ? 'npm run node -- scripts/write-proofs.mjs writes it anew' : 'written'}`);
if (strays.length > 0 || (process.argv.includes('--check') && stale.length > 0)) process.exitCode = 1;

/** Whether the table of this document was another one. */
function writeTable(path) {
  const text = readFileSync(path, 'utf8');
  const [before, rest = ''] = text.split(begin);
  const [, after] = rest.split(end);
  if (after === undefined) throw new Error(`${path} has no place for the table.`);
  const rows = claims[path].map((claim) => toRow(claim));
  const head = '| Claim | By the real thing | By a fake of ours | By reading |\n|---|---|---|---|';
  const written = `${before}${begin}\n\n${head}\n${rows.join('\n')}\n\n${end}${after}`;
  if (written !== text && !process.argv.includes('--check')) writeFileSync(path, written);
  return written !== text;
}

function toRow(claim) {
  const own = proofs.filter((proof) => proof.claim === claim);
  const cells = means.map((by) => {
    const links = own.filter((one) => one.by === by).map(({ note, path }) => `[${note ?? basename(path)}](../${path})`);
    return links.join('; ');
  });
  return `| ${[claim, ...(own.length === 0 ? ['not at all', '', ''] : cells)].join(' | ')} |`;
}

function listProofs() {
  const lines = execFileSync('git', ['grep', '--untracked', '--null', '-e', 'Proves: ', '--', 'test', '.ci'], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [path, text = ''] = line.split('\0');
    const found = /Proves: (.+?) by (real|fake|reading)(?: \((.*)\))?$/.exec(text);
    return found ? [{ path, claim: found[1], by: found[2], note: found[3] }] : [];
  });
}
