import { BotError } from '#src/base/errors.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { FakeLocalRecogniser } from '#test/fakes/fake-speech.ts';

const missing = { localRecogniser: new FakeLocalRecogniser({ texts: [''] }, false) };
const failing = {
  localRecogniser: {
    isAvailable: true,
    recognise: () => Promise.reject(new BotError('speech.failed', true, 'No.')),
  },
};
const silent = {
  localRecogniser: {
    isAvailable: true,
    recognise: () => Promise.withResolvers<never>().promise,
  },
};
const read = { isReadByPrograms: () => true };

playScripts({
  'a paid recogniser gets no words between people that do not name the bot': `
    with name, priced, eva always
    20000
    eva says: What do you think, Adam? > unsent, ignored Eva: not-named
    9000
    requests > 0 requests
    `,
  'a paid recogniser gets all of a question that names the bot': `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  'after Ask no name is needed, and nobody listens for one': `
    with name, priced, eva always
    20000
    eva presses ask
    eva says: What time is it? > heard Eva: What time is it?, answered Eva: You said five.
    `,
  'alone with the bot a person is heard by the paid recogniser': `
    with name, priced, alone
    20000
    adam says: What time is it?
    > heard Adam: What time is it?
    > ignored Adam: not-named
    > heard Adam: What time is it?
    > ignored Adam: not-named
    `,
  'captions need all words': `
    with name, priced, eva always
    captions on > says captions.on
    9000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  'a recogniser without a price hears everything, as nothing would be saved': `
    with name, eva always
    20000
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  'a no without a name counts in words that were not sent': `
    with name, priced, eva always
    20000
    eva says: Please don't record me. > unsent, ignored Eva: not-named, says consent.no
    9000
    consents > eva never
    `,
  'a program that reads the words of the channel needs all of them': [
    read,
    `
    with name, priced, eva always
    20000
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  ],
  'without a recogniser of this machine the paid one hears everything': [
    missing,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  ],
  'where the recogniser of this machine fails, the paid one is asked': [
    failing,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  ],
  'where the recogniser of this machine is late, the paid one is asked': [
    silent,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it? > heard Eva: Nova, what time is it?
    2000 > answered Eva: You said five.
    `,
  ],
});
