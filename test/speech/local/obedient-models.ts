import { openChildPort } from '#src/base/child/child-port.ts';
import type { FromModels, ToModels } from '#src/speech/local/model-jobs.ts';

let jobs = 0;

/** A model process that does what the folder of a request says. */
const send = openChildPort<ToModels, FromModels>(({ ask, id }) => {
  if (ask === 'drop') return send({ id, kind: 'completed' });
  if (ask.folder === 'die') process.exit(1);
  while (ask.folder === 'hang');
  if (ask.folder === 'fail')
    send({ id, kind: 'failed', code: 'speech.unspeakable', message: 'no word' });
  if (ask.folder === 'stay') return;
  jobs++;
  const value = `${ask.folder} as job ${jobs}`;
  if (ask.folder === 'wait')
    return void setTimeout(() => send({ id, kind: 'completed', value }), 200);
  send({ id, kind: 'completed', value });
});
