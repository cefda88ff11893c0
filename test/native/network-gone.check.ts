import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { modelName, serveModels } from './models/served-models.ts';
import { hasWords, SpokenOffice, waitForEnd } from './models/spoken-bot.ts';

const { SMOLLM2 = '', MODELS_FOLDER = '' } = process.env;

test('without a network the bot starts, and answers by the model that it has fetched before', async () => {
  expect(Object.keys(networkInterfaces())).toEqual(['lo']);
  await using office = await SpokenOffice.open();
  const { environment, server } = await serveModels(SMOLLM2, MODELS_FOLDER);
  // What was fetched is there, so nobody has to be asked.
  await server[Symbol.asyncDispose]();
  const { HOME = '', PATH = '' } = process.env;
  await using bot = await office.startBot({
    ...{ ...environment, HOME, PATH, CHAT_MODEL_FILE: modelName },
    DATA_DIR: join(MODELS_FOLDER, 'data'),
  });
  expect(bot.log.map(({ msg }) => msg)).toContain(
    'the chat model of this machine answers',
  );
  const adam = await office.callBot(office.sandbox.person('Adam'));
  const answered = waitForEnd(bot, office.sandbox.guildId, hasWords);
  await office.ask(adam, 'What is two plus two?');
  // What is said before may be that it takes a moment.
  expect((await answered).firstTokenMs).toBeGreaterThan(0);
  await office.waitForQuiet(adam);
}, 600_000);
