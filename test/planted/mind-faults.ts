import type { PlantedFault } from '#test/simulate/planted-fault.ts';

const prompts = ['test/pipeline/prompts.test.ts'];
const downloads = ['test/downloads/downloads.test.ts'];
const setup = ['test/setup/setup.test.ts'];
const arriving = ['test/chat/local/arriving-chat.test.ts'];

/** Breaks of what is fetched for models of this machine, and of prompts that they and servers keep. */
export const mindFaults: readonly PlantedFault[] = [
  {
    id: 'k01',
    meaning: 'The instructions change with the language of each asker.',
    file: 'src/pipeline/pipeline.ts',
    from: "const isInstructed = orderPlace === 'instructions';",
    to: 'const isInstructed = orderPlace.length > 0;',
    tests: [...prompts, 'test/conversation/languages'],
  },
  {
    id: 'k02',
    meaning: 'A server that takes less of the history gets no order on the language.',
    file: 'src/chat/completions/chat-request.ts',
    from: '...findHoldingOrder(dropped), ',
    to: '',
    tests: prompts,
  },
  {
    id: 'k03',
    meaning: 'Whose language is unknown is answered in that of the one before.',
    file: 'src/pipeline/pipeline.ts',
    from: "const next = order === '' && holding !== '' ? anyLanguageOrder : order;",
    to: 'const next = order || undefined;',
    tests: prompts,
  },
  {
    id: 'k04',
    meaning: 'A file that has changed since it was fetched is used.',
    file: 'src/downloads/fetch-file.ts',
    from: '(await readMark(file.path)) === toMark(found, file)',
    to: '(await readMark(file.path)) !== undefined',
    tests: downloads,
  },
  {
    id: 'k05',
    meaning: 'What killed processes have left of a file stays beside it.',
    file: 'src/downloads/claim-part.ts',
    from: 'if (await isFree(part, path, clock)) await removePart(part);',
    to: 'if (await isFree(part, path, clock)) continue;',
    tests: downloads,
  },
  {
    id: 'k06',
    meaning: 'Of two that install the library at once, both ask npm.',
    file: 'src/downloads/install-library.ts',
    from: 'if (!existsSync(folder)) await fillFolder(',
    to: 'await fillFolder(',
    tests: downloads,
  },
  {
    id: 'k07',
    meaning: 'A lost network leaves the bot without its model until the next start.',
    file: 'src/chat/local/arriving-chat.ts',
    from: 'const isMendable = error instanceof BotError && error.retryable;',
    to: 'const isMendable = error === this;',
    tests: arriving,
  },
  {
    id: 'k08',
    meaning: 'A model that cannot be loaded takes the place of the stand-in.',
    file: 'src/chat/local/arriving-chat.ts',
    from: '      this.#chat = undefined;\n      await chat?.',
    to: '      await chat?.',
    tests: arriving,
  },
  {
    id: 'k09',
    meaning: 'Setup at a terminal takes back what the page wrote meanwhile.',
    file: 'setup/connect-model.ts',
    from: '  const { file } = read;',
    to: '  const { file } = edits;',
    tests: setup,
  },
  {
    id: 'k10',
    meaning: 'The library of chat models stays when the last model goes.',
    file: 'setup/local-models.ts',
    from: 'if (!isLeft) await',
    to: 'if (fetchableModels.length === 0) await',
    tests: setup,
  },
];
