import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { formatText } from '#src/texts/texts.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { makeMonologue } from '#test/audio/recorded-speech.ts';
import { findSent } from '#test/scenarios/play-scene.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import {
  onlyOn,
  type ScenarioReading,
  type Scenes,
  type Step,
} from '#test/scenarios/scene-types.ts';
import { buttonsOf } from '#test/scenarios/setup/asking.ts';
import { makeToolSettings } from '#test/scenarios/setup/bot-setup.ts';
import { listRecognised, madeTexts } from '#test/scenarios/setup/scenario-setup.ts';

const [lounge, workshop] = [{ channel: 'Lounge' }, { channel: 'Workshop' }];
const question = 'human-cards-004';
/** Longer, in speech, than the link is watched before it is renewed. */
const story = `${Array.from({ length: 5 }, () => 'There was a king who had three sons, and they all went to sea.').join(' ')} The end.`;
const yes = { replies: [{ match: /^/, text: 'Yes.' }] };
const notBens = { track: 'bg', owner: 'Adam' };
const rain = onlyOn('track.playing', { title: 'rain', track: 'bg' });
const added = onlyOn('track.added', { title: 'digits', track: 'bg', n: 1 });
const notAllowed = onlyOn('track.bad.not_allowed');
const soundsStay: ScenarioReading = {
  is: `${formatText('perm.dj')}\n${formatText('track.barred', notBens)}`,
  to: 'caller',
};
const buttonsIn = (name: string) => (stage: Stage) =>
  buttonsOf(stage.message(name)).map(([button]) => button);
const labelsIn = (name: string) => (stage: Stage) =>
  buttonsOf(stage.message(name)).map(([, label]) => label);
const left: ScenarioReading = { has: /^Left Lounge after \d+ s\.$/, to: 'all' };
const wholeCommand: ScenarioReading = {
  has: 'shall I leave the voice channel?',
  to: 'caller',
};
const findNova = ({ server }: Stage) => server().bot();
const isNowhere: Step = { botSits: 'nowhere' };
const permitChange = (...change: Parameters<SandboxGuild['permit']>): Step => ({
  'rights change': ({ server }) => server().permit(...change),
});
const timedOut: ScenarioReading = {
  has: /^I'm timed out until \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Run \/join after that/,
  to: 'caller',
};
const resting = onlyOn('join.timeout', { s: 60 });
const tryAgain =
  /^Discord doesn't connect me\. If I'm not there in (5\d|60) s, run \/join again\.$/;
const heardReading: ScenarioReading = {
  has: formatText('consent.always'),
  to: 'caller',
};
const saved = { has: formatText('settings.saved') };
const joinSpoken = (stage: Stage) => madeTexts(stage).join(' ');
const logOf = ({ bot }: Stage) => bot.log.map(({ msg = '' }) => msg);
const measure = { name: 'sky__measure', argumentsJson: '{}' };
/** The message of the bot in Lounge with these words. */
const findPosted =
  (text: string) =>
  ({ sandbox }: Stage) =>
    sandbox.messages('Lounge').find((message) => message.text.includes(text));

const meetingInGerman = 'Wir treffen uns morgen an der Brücke.';
const meeting = 'We meet at the bridge tomorrow.';

const rights = [
  ['viewChannel', 'View Channel'],
  ['connect', 'Connect'],
  ['speak', 'Speak'],
] as const;

const clip = {
  name: 'digits.mp3',
  type: 'audio/mpeg',
  bytes: readClip('test/fixtures/sounds', 'digits.mp3'),
};

const noSound = {
  name: 'noise.mp3',
  type: 'audio/mpeg',
  bytes: Buffer.from('No sound at all. '.repeat(100)),
};

export const roomScenes: Scenes = {
  'what the bot may not do in a channel is named with its fix before it joins': {
    steps: [
      { Adam: { joins: 'Lounge' } },
      ...rights.flatMap(([right, permission]) => [
        permitChange('Lounge', 'Nova', { deny: [right] }),
        {
          Adam: {
            runs: '/join',
            reads: onlyOn('join.no_right', { ...lounge, permission }),
          },
        },
        isNowhere,
      ]),
      permitChange('Lounge', 'Nova', {}),
      { 'Nova is timed out': ({ server }) => server().timeOut('Nova', 60_000) },
      { Ben: { runs: '/join channel:Lounge', reads: timedOut } },
      { 'Nova is timed out no more': ({ server }) => server().timeOut('Nova', 0) },
      permitChange('Workshop', '@everyone', { deny: ['connect'] }),
      {
        Ben: {
          runs: '/join channel:Workshop',
          reads: onlyOn('join.forbidden', workshop),
        },
      },
      isNowhere,
      { Adam: { runs: '/join', reads: { has: formatText('join.ok', lounge) } } },
    ],
  },
  'a private channel and its people are named in its own chat alone, and a moved bot has a panel where it sits':
    {
      steps: [
        { Adam: { joins: 'Workshop' } },
        permitChange('Workshop', '@everyone', { deny: ['viewChannel'] }),
        ...['Nova', 'Adam'].map((name) =>
          permitChange('Workshop', name, {
            allow: ['viewChannel', 'connect', 'speak'],
          }),
        ),
        { Ben: { joins: 'Lounge' } },
        {
          Adam: {
            runs: '/join',
            reads: { is: formatText('panel.elsewhere'), to: 'all' },
          },
        },
        { posts: 'Workshop', has: ['In Workshop', 'Hearing: Adam'] },
        { 'Nova is moved': ({ server }) => server().moveBot('Lounge') },
        { posts: 'Lounge', has: 'Not heard until they press Hear me: Ben' },
        { posts: 'Workshop', has: 'Moved to Lounge.', lacks: 'Hearing' },
        { 'Nova is moved': ({ server }) => server().moveBot('Workshop') },
        { posts: 'Lounge', has: formatText('moved.elsewhere'), lacks: 'Workshop' },
        { posts: 'general', lacks: ['Workshop', 'Adam'] },
      ],
    },
  'in a stage the bot sits in the audience, asks to speak, and is heard once invited': {
    providers: yes,
    guild: { stageChannels: ['Arena'] },
    steps: [
      { Adam: { joins: 'Arena' } },
      { 'Adam may speak': ({ server }) => server().suppress('Adam', false) },
      {
        Adam: { runs: '/join', reads: { has: formatText('muted.server'), to: 'all' } },
      },
      { see: findNova, fits: { suppressed: true, handRaised: true } },
      { 'Nova may speak': ({ server }) => server().suppress('Nova', false) },
      { Adam: { settles: true, asks: question } },
    ],
  },
  'what Discord refuses a voice link for is told, and when it is tried again': {
    steps: [
      { Adam: { joins: 'Lounge' } },
      ...[4016, 4017, 4021].flatMap((code): Step[] => [
        {
          [`Discord closes the next link with ${code}`]: ({
            sandbox: { faults, botId },
          }) => faults.voice.closeAt(botId, 'identify', code),
        },
        {
          Adam: {
            runs: '/join',
            reads: code === 4021 ? resting : onlyOn('join.no_voice'),
          },
        },
      ]),
      { 'Discord refuses nothing': ({ sandbox }) => sandbox.faults.heal() },
      { Adam: { runs: '/join', reads: { has: tryAgain } } },
      isNowhere,
    ],
  },
  'who talks unheard is told once what to press, unopened, and heard after it': {
    own: {},
    steps: [
      { Ben: { joins: 'Lounge' } },
      { Adam: { calls: 'Lounge' } },
      { Ben: { settles: true } },
      {
        together: [
          [{ Ben: { says: makeMonologue(8) } }],
          [
            { see: noticesIn, fits: [{ pings: ['@Ben'] }] },
            { see: (stage) => findSent(stage, 'Ben') >= 250, is: true },
          ],
        ],
      },
      { see: noticesIn, fits: [{ pings: ['@Ben'] }] },
      { see: listRecognised, is: [] },
      { see: (stage) => madeTexts(stage).join(' '), is: formatText('join.spoken') },
      { see: (stage) => noticesIn(stage)[0], keep: 'notice' },
      { see: buttonsIn('notice'), is: ['consent.always', 'consent.never'] },
      { Ben: { presses: ['consent.always', 'notice'], reads: heardReading } },
      { Ben: { asks: question } },
      { see: listRecognised, is: ['Ben'] },
      { Adam: { runs: '/leave' } },
      { logs: { msg: 'link-closed' }, has: /"notAllowed":(2[5-9]\d|[3-9]\d\d|\d{4})/ },
    ],
  },
  'people who spoke unheard, in a pause or blocked, agree and listen in silence to an answer to its end':
    {
      own: {},
      providers: { replies: [{ match: /^/, text: story }] },
      steps: [
        { Ben: { joins: 'Lounge' }, Cleo: { joins: 'Lounge' } },
        { Adam: { calls: 'Lounge', runs: '/privacy pause' } },
        { Ben: { settles: true }, Cleo: { settles: true } },
        { Olga: { runs: '/settings set key:blocked value:{@Cleo}', reads: saved } },
        { passes: 2_500 },
        { Ben: { says: 'human-cards-003' }, Cleo: { says: 'human-cards-003' } },
        { Olga: { runs: '/settings set key:blocked value:none' } },
        { Adam: { runs: '/privacy resume' } },
        {
          together: [
            [{ Adam: { asks: question } }],
            [
              { Ben: { runs: '/privacy allow', reads: heardReading } },
              { Cleo: { runs: '/privacy allow', reads: heardReading } },
            ],
          ],
        },
        { see: joinSpoken, has: 'The end.' },
        {
          see: (stage) => logOf(stage).filter((msg) => msg === 'link-opened'),
          is: ['link-opened'],
        },
      ],
    },
  'sounds play on tracks, are steered by commands and by the panel, and are heard': {
    steps: [
      {
        Adam: {
          calls: 'Lounge',
          runs: '/track play sound:rain track:bg volume:30 loop:true',
          reads: rain,
          hears: 'something',
        },
      },
      { message: 'panel', has: /♪ bg: rain, 0:0\d \/ 0:30, 🔁, 30 %/ },
      {
        see: (stage) => buttonsIn('panel')(stage).slice(3, 5),
        is: ['track.pause:bg', 'track.skip:bg'],
      },
      { Adam: { runs: '/track play track:bg', files: { file: clip }, reads: added } },
      {
        Adam: {
          runs: '/track skip track:bg',
          reads: onlyOn('track.skipped', { title: 'rain' }),
        },
      },
      {
        Adam: { runs: '/track play sound:http://127.0.0.1:9/x.mp3', reads: notAllowed },
      },
      {
        Ben: {
          joins: 'Lounge',
          runs: '/track stop track:bg',
          reads: onlyOn('track.barred', notBens),
        },
      },
      { Ben: { runs: '/stop what:sounds', reads: soundsStay } },
      { Adam: { runs: '/stop what:sounds', reads: onlyOn('stop.ok') } },
      { see: ({ bot }) => bot.log.filter(({ level }) => Number(level) >= 50), is: [] },
    ],
  },
  'a board plays the sounds of the server and of its members by buttons, also on a message from before a restart':
    {
      own: {},
      steps: [
        {
          'the server has a soundboard': ({ server }) =>
            server().addSoundboardSound('airhorn', clip),
        },
        {
          Adam: {
            calls: 'Lounge',
            runs: '/sounds',
            files: { file: clip },
            reads: onlyOn('perm.sounds'),
          },
        },
        permitChange('general', 'Adam', { allow: ['createExpressions'] }),
        {
          Adam: {
            runs: '/sounds',
            files: { file: noSound },
            reads: onlyOn('track.bad.not_audio'),
          },
        },
        {
          Adam: {
            runs: '/sounds name:count',
            files: { file: clip },
            reads: onlyOn('sounds.added', { title: 'count' }),
          },
        },
        {
          Adam: {
            runs: '/sounds',
            place: 'Lounge',
            reads: { has: 'Sounds, page 1 of 1. Volume: 100 %.', to: 'all' },
            keep: 'board',
          },
        },
        {
          see: (stage) => labelsIn('board')(stage).slice(5, 8),
          is: ['count', 'airhorn', 'applause'],
        },
        { Adam: { presses: [6, 'board'], hears: 'something' } },
        { message: 'board', has: 'Adam played airhorn.' },
        { returnsTo: ['Adam'] },
        { Adam: { presses: [5, 'board'], hears: 'something' } },
        { message: 'board', has: 'Adam played count.' },
        {
          Ben: { presses: [5, 'board'], reads: onlyOn('perm.room', lounge) },
        },
        {
          see: ({ bot }) => bot.log.filter(({ level }) => Number(level) >= 50),
          is: [],
        },
      ],
    },
  'a manager reads who of the people who are heard spoke in the last minute': {
    steps: [
      { Adam: { calls: 'Lounge', asks: question } },
      {
        Olga: {
          runs: '/privacy audit speaking:true',
          reads: { has: /^Spoken in the last minute.*\nAdam: \d s$/, to: 'caller' },
        },
      },
      {
        Adam: {
          runs: '/privacy audit speaking:true',
          reads: onlyOn('perm.manage'),
        },
      },
    ],
  },
  'the bot leaves by voice once its asker, and nobody else, has pressed the button': {
    providers: {
      replies: [
        { match: 'has to press', text: 'Press the button.' },
        { match: 'utterance', call: { name: 'leave', argumentsJson: '{}' } },
      ],
    },
    steps: [
      { Adam: { calls: 'Lounge', asks: 'human-cards-001' } },
      { see: madeTexts, has: 'Press the button.' },
      { see: findPosted('press Show'), keep: 'asked' },
      { Ben: { joins: 'Lounge' } },
      {
        Ben: {
          presses: [0, 'asked'],
          reads: onlyOn('confirm.other', { name: 'Adam' }),
        },
      },
      { botSits: 'Lounge' },
      { Adam: { presses: [0, 'asked'], reads: wholeCommand, keep: 'shown' } },
      { Adam: { presses: [0, 'shown'], reads: left } },
      isNowhere,
      { Adam: { presses: [0, 'shown'], reads: onlyOn('confirm.over') } },
    ],
  },
  'what somebody tells about themselves is offered once, kept by their own press, and deleted by /privacy memories':
    {
      providers: {
        replies: [
          { match: 'has to press', text: 'Sleep well.' },
          {
            match: 'utterance',
            call: {
              name: 'offer_memory',
              argumentsJson: '{"text":"Adam works nights."}',
            },
          },
        ],
      },
      steps: [
        { Olga: { runs: '/settings set key:memory value:on', reads: saved } },
        { Ben: { joins: 'Lounge' } },
        { Adam: { calls: 'Lounge' } },
        { Adam: { runs: '/privacy allow' } },
        { Adam: { asks: 'human-cards-001' } },
        { see: findPosted('Adam works nights.'), keep: 'offer' },
        {
          Ben: {
            presses: [0, 'offer'],
            reads: onlyOn('confirm.other', { name: 'Adam' }),
          },
        },
        { Adam: { presses: [0, 'offer'], reads: { has: 'Adam works nights.' } } },
        { Adam: { runs: '/privacy memories', reads: { has: 'Adam works nights.' } } },
        {
          Adam: {
            runs: '/privacy memories delete:1',
            reads: onlyOn('confirm.done'),
          },
        },
        { Adam: { runs: '/privacy memories', reads: onlyOn('memory.none') } },
      ],
    },
  'an offer to remember goes away by No, which nobody else presses': {
    providers: {
      replies: [
        { match: 'has to press', text: 'Sleep well.' },
        {
          match: 'utterance',
          call: {
            name: 'offer_memory',
            argumentsJson: '{"text":"Adam works nights."}',
          },
        },
      ],
    },
    steps: [
      { Olga: { runs: '/settings set key:memory value:on', reads: saved } },
      { Ben: { joins: 'Lounge' } },
      { Adam: { calls: 'Lounge' } },
      { Adam: { runs: '/privacy allow' } },
      { Adam: { asks: 'human-cards-001' } },
      { see: findPosted('Adam works nights.'), keep: 'offer' },
      {
        Ben: {
          presses: [1, 'offer'],
          reads: onlyOn('confirm.other', { name: 'Adam' }),
        },
      },
      { Adam: { presses: [1, 'offer'] } },
      { message: 'offer', is: formatText('memory.declined') },
      { Adam: { runs: '/privacy memories', reads: onlyOn('memory.none') } },
    ],
  },
  'what one says in one language is said to the others in theirs, and nobody answers it':
    {
      sayings: [meetingInGerman],
      providers: {
        replies: [
          { match: meetingInGerman, text: `[1] ${meeting}` },
          { match: /^/, text: 'Nobody asked me.' },
        ],
      },
      steps: [
        { Ben: { joins: 'Lounge' } },
        { Adam: { calls: 'Lounge' } },
        { Ben: { runs: '/privacy allow', settles: true } },
        { Adam: { runs: '/interpret on first:German second:English' } },
        { Ben: { says: meetingInGerman } },
        { see: joinSpoken, has: meeting },
        { see: joinSpoken, lacks: 'Nobody asked me.' },
        { Adam: { runs: '/interpret off' } },
      ],
    },
  'who comes and who leaves is said by name once the owner wants it, and never who said no':
    {
      steps: [
        { Olga: { runs: '/settings set key:arrivals value:names', reads: saved } },
        { Cleo: { runs: '/privacy deny' } },
        { Adam: { calls: 'Lounge' } },
        { Cleo: { joins: 'Lounge' } },
        { Ben: { joins: 'Lounge' } },
        { see: joinSpoken, has: formatText('arrivals.came', { n: 1, name: 'Ben' }) },
        { see: joinSpoken, lacks: 'Cleo' },
      ],
    },
  'a tool of a program is asked for by voice, waits for the button, and its result is read and heard':
    {
      environment: (_sandbox, _providers, dataDir) =>
        makeToolSettings(dataDir, { allow: ['measure'] }),
      providers: {
        hears: 'Nova, who are you?',
        replies: [
          { match: 'has to press', text: 'Press the button.' },
          { match: 'It is being done', call: measure },
          { match: 'the sky', call: measure },
        ],
      },
      steps: [
        { see: logOf, has: '1 tools are on' },
        { Adam: { calls: 'Lounge' } },
        { Ben: { calls: 'Lounge' } },
        { Ben: { asks: 'human-cards-001' } }, // so that words of others are in the prompt
        { providers: { hears: 'Nova, how warm is the sky?' } },
        { Adam: { says: 'human-cards-001' } },
        // A question that the button has answered already is not asked aloud.
        { see: joinSpoken, has: 'Adam, shall I use sky: measure? Say yes or no.' },
        { see: findPosted('Say yes or no'), keep: 'asked' },
        { Adam: { presses: [0, 'asked'], keep: 'shown' } },
        { Adam: { presses: [0, 'shown'], reads: { is: 'sky: measure: 21 degrees' } } },
        {
          see: joinSpoken,
          has: 'Adam. Here is what you asked for, in full in the chat: 21 degrees',
        },
      ],
    },
  'the first person in a channel of auto_join is heard at once if they agreed earlier, and the panel asks the others':
    {
      providers: yes,
      steps: [
        { Adam: { runs: '/privacy allow' } },
        {
          Olga: {
            runs: '/settings set key:auto_join value:<#{#Lounge}>',
            reads: saved,
          },
        },
        {
          within: 5_000,
          steps: [{ Adam: { joins: 'Lounge' } }, { botSits: 'Lounge' }],
        },
        { Adam: { settles: true } },
        { posts: 'Lounge', has: formatText('join.uncalled', lounge) },
        { Adam: { asks: question } },
        { Ben: { joins: 'Lounge', settles: true, says: 'human-cards-003' } },
        { Adam: { asks: question } },
        { see: listRecognised, is: ['Adam'] },
      ],
    },
  'the bot comes by itself to a scheduled event once its owner turned that on, and asks for consent there':
    {
      own: {},
      providers: yes,
      steps: [
        { Adam: { runs: '/privacy allow' } },
        { Olga: { runs: '/settings set key:join_events value:on', reads: saved } },
        { Adam: { joins: 'Lounge' } },
        { botSits: 'nowhere' },
        {
          'the event begins': ({ server }) => server().changeEvent('Lounge', true),
        },
        { botSits: 'Lounge' },
        { Adam: { settles: true } },
        { posts: 'Lounge', has: formatText('join.uncalled', lounge) },
        { Adam: { asks: question } },
        { Ben: { joins: 'Lounge', settles: true, says: 'human-cards-003' } },
        { Adam: { asks: question } },
        { see: listRecognised, is: ['Adam'] },
      ],
    },
  'somebody already talking when the bot joins is heard from their first packet after the consent is known':
    {
      own: {},
      providers: yes,
      steps: [
        { Adam: { runs: '/privacy allow' } },
        { Adam: { joins: 'Lounge' } },
        {
          together: [
            [{ Adam: { says: makeMonologue(6) } }],
            [
              { Adam: { sends: 50 } },
              { Adam: { runs: '/join', settles: true } },
              {
                'the packets from now on are counted': ({ last, person }) => {
                  last('Adam').sentPackets =
                    person('Adam').countVoicePackets().sentPackets;
                },
              },
            ],
          ],
        },
        { see: listRecognised, is: ['Adam'] },
        { see: heardWithoutLoss, is: true },
        { Adam: { runs: '/leave' } },
        { logs: { msg: 'link-closed' }, fits: { counts: { notAllowed: 0 } } },
      ],
    },
};

/** Whether the sound that Adam has sent since his packets were counted was recognised, but for a tenth that a busy machine loses. */
function heardWithoutLoss(stage: Stage) {
  const heardMs = stage.uttered.reduce((sum, pcm) => sum + getDurationMs(pcm), 0);
  return heardMs >= findSent(stage, 'Adam') * 18;
}

/** Messages that tell a person how to be heard. */
function noticesIn({ sandbox }: Stage) {
  return ['general', 'Lounge']
    .flatMap((channel) => sandbox.messages(channel))
    .filter(
      ({ pings, text: words }) =>
        pings.length > 0 && words.includes(formatText('consent.unasked')),
    );
}
