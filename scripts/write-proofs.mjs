// npm run node -- scripts/write-proofs.mjs [--check]: writes the tables of what has been tried into docs. Their rows are the claims
// of scripts/claims.json. A check declares in a comment: `Proves: CLAIM by real`, or `fake`, or `reading`, with a note in parentheses
// behind it. --check writes nothing, and exits with 1 where a table is not that.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const beginMark = '<!-- scripts/write-proofs.mjs writes this table -->';
const endMark = '<!-- end of the table -->';
const means = ['real', 'fake', 'reading'];
const claims = JSON.parse(readFileSync('scripts/claims.json', 'utf8'));
const proofs = listProofs();
const knownClaims = Object.values(claims).flat();
const strays = proofs.filter(({ claim }) => !knownClaims.includes(claim));
for (const { claim, path } of strays) console.error(`${path} proves what scripts/claims.json does not hold: ${claim}`);
const stalePaths = Object.keys(claims).filter(writeTable);
for (const path of stalePaths) console.error(`${path}: ${process.argv.includes('--check') ? 'npm run node -- scripts/write-proofs.mjs writes it anew' : 'written'}`);
if (strays.length > 0 || (process.argv.includes('--check') && stalePaths.length > 0)) process.exitCode = 1;

/** Writes the table of a document. Returns whether it was another one. */
function writeTable(path) {
  const text = readFileSync(path, 'utf8');
  const [textBefore, tableAndAfter = ''] = text.split(beginMark);
  const [, textAfter] = tableAndAfter.split(endMark);
  if (textAfter === undefined) throw new Error(`${path} has no place for the table.`);
  const isTried = (claim) => proofs.some((proof) => proof.claim === claim);
  const rows = claims[path].filter(isTried).map(toRow);
  const untried = claims[path].filter((claim) => !isTried(claim));
  const ending = untried.length === 0 ? '' : `\n\nNot tried: ${untried.join('; ')}.`;
  const header = '| Claim | By the real thing | By a fake of ours | By reading |\n|---|---|---|---|';
  const newText = `${textBefore}${beginMark}\n\n${header}\n${rows.join('\n')}${ending}\n\n${endMark}${textAfter}`;
  if (newText !== text && !process.argv.includes('--check')) writeFileSync(path, newText);
  return newText !== text;
}

/** Makes the row of a claim, with links to its checks. Empty cells at the end are left out. */
function toRow(claim) {
  const claimProofs = proofs.filter((proof) => proof.claim === claim);
  const cells = means.map((by) => {
    const links = claimProofs.filter((proof) => proof.by === by).map(({ note, path }) => `[${note ?? basename(path)}](../${path})`);
    return links.join('; ');
  });
  while (cells.at(-1) === '') cells.pop();
  return `| ${[claim, ...cells].join(' | ')} |`;
}

/** Lists what checks declare. */
function listProofs() {
  const lines = execFileSync('git', ['grep', '--untracked', '--null', '-e', 'Proves: ', '--', 'test', '.ci'], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [path, text = ''] = line.split('\0');
    const match = /Proves: (.+?) by (real|fake|reading)(?: \((.*)\))?$/.exec(text);
    return match ? [{ path, claim: match[1], by: match[2], note: match[3] }] : [];
  });
}
