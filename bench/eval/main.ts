// npm run eval [-- --text] [--only WORDS] [--scenes DIR] [--compare A.env B.env]: plays scenes in a voice channel with your own servers,
// and judges the answers (docs/eval.md).
import '#src/base/help/program-help.mjs';
import { getErrorMessage } from '#src/base/errors.ts';
import { runEval } from './run-eval.ts';

try {
  process.exitCode = await runEval(process.argv.slice(2), console.log);
} catch (error) {
  console.error(getErrorMessage(error));
  process.exitCode = 2;
}
