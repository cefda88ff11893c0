// node scripts/check-doors.mjs, as `npm run types` does: every export of the programs declares its type, as the compiler's
// option isolatedDeclarations demands: parameters, results, and the members of classes. It asks oxc-transform, one file at a
// time, since TypeScript 7.0.2 panics at an export that breaks the rule ("Unhandled case in Node.Text") in place of naming it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { isolatedDeclarationSync } = createRequire(new URL('../tools/package.json', import.meta.url))('oxc-transform');
const folders = ['src', 'commands', 'doctor', 'setup', 'sandbox', 'bench', 'scripts'];
/** AssemblyScript has decorators and types of its own. */
const foreign = /^scripts\/kernels\//;

const paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...folders], { encoding: 'utf8' }).split('\0');
const sources = paths.filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$/.test(path) && !foreign.test(path));
const mistakes = sources.flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  const { errors } = isolatedDeclarationSync(path, text);
  return errors.map(({ labels, message }) => `${path}:${findLine(text, labels?.[0]?.start ?? 0)} ${message}`);
});
for (const mistake of mistakes) console.error(mistake);
if (mistakes.length > 0) {
  console.error(`${mistakes.length} exports do not declare their type.`);
  process.exitCode = 1;
}

function findLine(text, offset) {
  return text.slice(0, offset).split('\n').length;
}
