import { BotError } from '#src/base/errors.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { FakeLocalRecogniser } from '#test/fakes/fake-speech.ts';
import { toUsd } from '#test/fakes/fake-spending.ts';

const missing = { localRecogniser: new FakeLocalRecogniser({ texts: [''] }, false) };

playScripts({
  'a spoken no counts and is answered in writing while the money of the server is used': `
    with budget 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me.
    > writes budget.guild (<t:1795219200:f>), tells adam consent.no, offers 2 buttons
    panel > panel.quiet time <t:1795219200:f>; people.unasked names Eva; people.no n 1
    `,
  'a spoken no counts while the share of its speaker is used, and its receipt is spoken': `
    with share 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me. > says consent.no
    `,
  'a spoken no counts where the bot is there for captions, and they are off': `
    with uncalled
    adam joins for captions > joined consent brief, says captions.on
    5000 > played voice: completed
    captions off > isSaved true
    3000
    panel > captions.only.off; people.commands names Adam; people.unasked names Eva
    adam says: Don't listen to me. > ignored Adam: off, tells adam consent.no, offers 2 buttons
    `,
  'a spoken no counts where the recogniser of the operator is out of order': `
    recogniser fails provider.unreachable
    adam says: Don't listen to me. > says consent.no
    `,
  'a spoken no counts at any time where only who pressed Ask is answered': `
    with window
    adam says: Don't listen to me. > ignored Adam: not-named, says consent.no
    `,
  'where no person is heard, no word is understood, and the panel says so': `
    with off
    panel > settings.addressing.off; people.nobody; people.unasked names Eva
    adam says: Don't listen to me. > ignored Adam: off
    `,
  'other words that only this machine understood are shown, written and told to nobody': `
    with budget 10, auto
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam has spent 10
    adam says: The key lies under the mat. > writes budget.guild (<t:1795219200:f>)
    1000
    captions > none
    lines > none
    prompt > nothing
    panel
    > panel.quiet time <t:1795219200:f>; captions.unpaid time <t:1795219200:f>; people.commands names Adam; people.unasked names Eva
    `,
  'without a recogniser of this machine the panel says that only buttons count': [
    missing,
    `
    with budget 0.1, auto
    adam has spent 0.1
    adam says: Don't listen to me. > writes budget.guild (<t:1795219200:f>)
    panel > panel.quiet time <t:1795219200:f>; people.nobody; people.unasked names Eva
    `,
  ],
  'a spoken no counts where the rest of the money is too little to recognise its words': `
    with budget 0.1, auto
    adam has spent 0.0999
    adam says: Don't listen to me.
    > ignored Adam: not-named
    > failed recognise budget.used
    > writes budget.rest.server
    > tells adam consent.no
    > offers 2 buttons
    `,
  'words to the bot beyond the money get the tone also where the recogniser of this machine fails':
    [
      {
        localRecogniser: {
          isAvailable: true,
          recognise: () => Promise.reject(new BotError('speech.failed', true, 'No.')),
        },
      },
      `
    with budget 0.1, auto, alone
    adam has spent 0.1
    adam begins: What time is it?
    4000 sounding > tells adam budget.guild (<t:1795219200:f>)
    `,
    ],
  'among several people, words to the bot beyond the money get a tone and, by name, the reason every ten minutes':
    [
      { caps: { personDay: toUsd(0.1) } },
      `
    with auto
    adam has spent 0.1
    adam begins: What time is it, Eva?
    4000 silent
    adam begins: Nova, what time is it?
    4000 sounding > tells adam budget.user (8)
    adam begins: Nova, what time is it?
    4000 sounding
    600000
    adam begins: Nova, what time is it?
    4000 sounding > tells adam budget.user (8)
    `,
    ],
});
