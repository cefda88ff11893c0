import type { PlantedFault } from '#test/simulate/planted-fault.ts';

const interpreting = 'src/features/interpreting/session-interpreting.ts';
const interpretingTests = ['test/features/interpreting'];
const recapTests = ['test/features/captions/transcripts/recaps.test.ts'];

/** Breaks of interpreting, arrivals, recaps, notes and offers to remember. */
export const featureFaults: readonly PlantedFault[] = [
  {
    id: 'f01',
    meaning: 'Who is left out of captions is interpreted.',
    file: interpreting,
    from: 'return isListenedTo && consent.canWrite(speakerId);',
    to: 'return isListenedTo;',
    tests: interpretingTests,
  },
  {
    id: 'f02',
    meaning: 'Words are said in another language after their speaker has said no.',
    file: interpreting,
    from: 'return isWanted && !withdrawal.aborted && this.#mayInterpret(speakerId);',
    to: 'return isWanted;',
    tests: interpretingTests,
  },
  {
    id: 'f03',
    meaning: 'A question for the bot is interpreted, too.',
    file: interpreting,
    from: "if (result.kind !== 'text' || isForBot(result.transcript.text)) return;",
    to: "if (result.kind !== 'text') return;",
    tests: interpretingTests,
  },
  {
    id: 'f04',
    meaning: 'Who is left out of captions is named as they come and go.',
    file: 'src/features/arrivals/session-arrivals.ts',
    from: 'return mayName && !consent.isLeftOut(personId);',
    to: 'return mayName;',
    tests: ['test/features/arrivals'],
  },
  {
    id: 'f05',
    meaning: 'A recap goes to a place of which nobody was told.',
    file: 'src/features/captions/transcripts/transcript-requests.ts',
    from: 'const isTold = formatRecapPlace(getValue) === told.place;',
    to: 'const isTold = true;',
    tests: recapTests,
  },
  {
    id: 'f06',
    meaning: 'The settings of a channel show the token of its webhook.',
    file: 'src/features/settings/settings-requests.ts',
    from: "const shown = parsed.kind === 'ok' ? setting.formatValue(parsed.value) : '?';",
    to: 'const shown = text;',
    tests: recapTests,
  },
  {
    id: 'f07',
    meaning: 'An erasure does not reach a recap that a webhook posted.',
    file: 'src/stores/transcripts/transcript-eraser.ts',
    from: 'const webhooks = webhook ? [{ guildId, messageId, webhook }] : [];',
    to: 'const webhooks = webhook ? [] : [];',
    tests: recapTests,
  },
  {
    id: 'f08',
    meaning: 'The end of a scheduled event brings no recap.',
    file: 'src/features/captions/session-captions.ts',
    from: 'if (wasInEvent && !this.#isInEvent) void this.#closeEvent();',
    to: 'if (!wasInEvent && this.#isInEvent) void this.#closeEvent();',
    tests: recapTests,
  },
  {
    id: 'f09',
    meaning: 'What a person declined to have remembered is offered again.',
    file: 'src/features/memories/memory-offers.ts',
    from: "return offers.some((offer) => areAboutSameThing(new Set(offer.split(' ')), codes));",
    to: "return offers.includes([...codes].join(' '));",
    tests: ['test/features/memories'],
  },
  {
    id: 'f10',
    meaning: 'Notes of a channel that is hidden from the bot for a while are deleted.',
    file: 'src/features/captions/transcripts/transcript-cleanup.ts',
    from: "!isKnown && (await captionChats.mayOpen(guildId, channelId, nobody)) === 'gone';",
    to: '!isKnown;',
    tests: ['test/features/captions/transcripts/recaps.test.ts'],
  },
  {
    id: 'f11',
    meaning: 'A message that was deleted before it is asked is asked and answered.',
    file: 'src/conversation/mouth/speech-requests.ts',
    from: 'if (submission.signal?.aborted)',
    to: 'if (submission.signal?.aborted && !request)',
    tests: ['test/features/typed/typed-messages.test.ts'],
  },
];
