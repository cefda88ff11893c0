/** Files of scenarios that are recorded, by name without ending: all short ones that are about what the bot writes. */
export const recorded = [
  ...['how-it-ended', 'start', 'read-aloud', 'typed', 'external-tools', 'reminders', 'voices'],
  ...['recording', 'tracks', 'blocked', 'tools', 'join', 'settings', 'commands', 'uncalled'],
];

/** Files that are not, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  'bad-input': 'sends hostile bytes; the bot writes nothing but its panel',
  browser: 'about sound in a page; the bot writes nothing but its panel',
  conversation: 'about sound; the bot writes nothing but its panel',
  'first-run': 'the console; its lines are times of this machine',
  hearing: 'about sound; the bot writes nothing but its panel',
  'new-feature': 'about a feature that the bot does not have',
  'shared-time': 'about the clock of the tests',
  'track-levels': 'about the loudness of sound',
  long: 'every *.long.test.ts: restarts, faults and slow servers, whose edits depend on the machine',
};

/** Why the order in a scenario is free, and which of its messages are not there in every run. */
export type FreeOrder = { readonly why: string; readonly sometimes?: RegExp };

/** Scenarios in which people or programs race: their messages are recorded as a set. */
export const freeOrder: Readonly<Record<string, FreeOrder>> = {
  'after /leave it does not come back before the channel was empty': {
    why: 'the bot comes by itself while somebody sends it away',
    sometimes: /no voice channel here|Left Lounge|In Lounge, as/,
  },
  'people who come into two channels of auto_join at once have it in one of them': {
    why: 'two people come into two channels at the same instant',
  },
  'a channel that is full, away from keyboard or gone is not joined': {
    why: 'a channel is removed while the bot writes there',
    sometimes: /The channel was removed|By calling me/,
  },
  'what the bot may not do in a channel is named with its fix before it joins': {
    why: 'its server may be gone before the last message',
    sometimes: /By calling me/,
  },
  'a person who waits reads how a text and a sound ended, in the reply to their command': {
    why: 'a track is looked at until it is empty',
    sometimes: /main is empty/,
  },
  'who waits while the bot is stopped is told that it left': {
    why: 'the bot is stopped while it answers',
    sometimes: /No track/,
  },
  'who is followed is followed after a restart': {
    why: 'an edit of the panel falls into the restart',
  },
  'a recording and a voice message are answered in writing, and nobody else hears of it': {
    why: 'two recordings are answered at the same time',
  },
  'half-typed words are completed, and everybody reads their own language': {
    why: 'several people ask at the same time',
  },
  'all that a tool is sent is read before Confirm: the names beside the button, the rest in a file':
    {
      why: 'the words of the model may come after the button was pressed',
      sometimes: /Press the button/,
    },
  '/ask is answered aloud and in writing, or in writing alone, or to one alone': {
    why: 'that it thinks is shown where that takes long',
    sometimes: /Thinking about/,
  },
  'a model that hears is given the recording itself, and answers aloud': {
    why: 'that it thinks is shown where that takes long',
    sometimes: /Thinking about/,
  },
  'a tool behind an address is asked for in the chat, waits for the button, and its result is read and heard':
    {
      why: 'the words of the model may come after the button was pressed',
      sometimes: /Press the button|You said: /,
    },
  'a track has the name that people gave it, in every script, after a restart and on its buttons, too':
    { why: 'a sound that waits may begin before it is looked at', sometimes: /rain, <clock>/ },
  'what plays goes on where it was after a restart, and what is muted stays muted': {
    why: 'a sound that waits may begin before it is looked at',
    sometimes: /rain, <clock>/,
  },
};
