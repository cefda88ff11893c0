import { adam, eva } from './copied-stores.ts';

const [dj, crew, guests] = [
  '781204563312100001',
  '781204563312100002',
  '781204563312100003',
] as const;
export const lounge = '781204563312200001';
export const square = '781204563312200002';

/** Texts of settings by key, of a voice channel by `KEY@CHANNEL`. An absent key counts as the operator's default. */
export type StoredTexts = Readonly<Record<string, string | undefined>>;

type StricterCase = readonly [
  title: string,
  sides: {
    readonly copied: StoredTexts;
    readonly present: StoredTexts;
    readonly kept: StoredTexts;
    readonly policy?: string;
  },
];

const manyPeople = Array.from(
  { length: 40 },
  (_, n) => `${781204563312400000n + BigInt(n)}`,
);

/** Settings of the copy and of the present store, and those that a restore leaves. */
export const stricterCases: readonly StricterCase[] = [
  [
    'of a looser policy of the copy nothing comes back',
    {
      copied: { consent: 'notice' },
      present: { consent: 'ask' },
      kept: { consent: 'ask' },
    },
  ],
  [
    'a stricter policy of the copy comes back',
    {
      copied: { consent: `role ${crew}` },
      present: { consent: 'notice' },
      kept: { consent: `role ${crew}` },
    },
  ],
  [
    'of two roles whose members are heard the present one stays',
    {
      copied: { consent: `role ${crew}` },
      present: { consent: `role ${guests}` },
      kept: { consent: `role ${guests}` },
    },
  ],
  [
    'a server without a policy of its own has that of the operator, not the looser one of the copy',
    { copied: { consent: 'notice' }, present: {}, kept: { consent: 'ask' } },
  ],
  [
    'a copy without a policy of its own has the looser one of the operator, so the present one stays',
    {
      policy: 'notice',
      copied: {},
      present: { consent: `role ${guests}` },
      kept: { consent: `role ${guests}` },
    },
  ],
  [
    'where the operator hears everybody the stricter policy of the copy comes back',
    {
      policy: 'notice',
      copied: { consent: `role ${crew}` },
      present: {},
      kept: { consent: `role ${crew}` },
    },
  ],
  [
    'roles that both servers let in may use the bot',
    {
      copied: { roles: `${dj}, ${crew}` },
      present: { roles: `${crew}, ${guests}` },
      kept: { roles: crew },
    },
  ],
  [
    'where both let in different roles the present ones may use the bot',
    { copied: { roles: dj }, present: { roles: guests }, kept: { roles: guests } },
  ],
  [
    'roles of one side alone may use the bot',
    { copied: {}, present: { roles: guests }, kept: { roles: guests } },
  ],
  [
    'roles of the copy stay where the server lets everybody in now',
    { copied: { roles: dj }, present: { roles: 'none' }, kept: { roles: dj } },
  ],
  [
    'people blocked on either side are blocked',
    {
      copied: { blocked: adam },
      present: { blocked: eva },
      kept: { blocked: `${eva}, ${adam}` },
    },
  ],
  [
    'of more blocked people than the list holds the present ones stay first',
    {
      copied: { blocked: adam },
      present: { blocked: manyPeople.join(', ') },
      kept: { blocked: manyPeople.join(', ') },
    },
  ],
  [
    'captions go where they go now',
    {
      copied: { captions_channel: square },
      present: { captions_channel: lounge },
      kept: { captions_channel: lounge },
    },
  ],
  [
    'a place of captions that is closed now stays closed',
    {
      copied: {
        captions_channel: square,
        captions: 'on',
        [`captions@${square}`]: 'on',
        [`captions_language@${square}`]: 'fr',
        [`captions_channel@${square}`]: lounge,
        recap: 'on',
        memory: 'on',
        read_channel: square,
      },
      present: {},
      kept: {},
    },
  ],
  [
    'lines are kept for the fewer days',
    {
      copied: { captions_days: '30' },
      present: { captions_days: '0' },
      kept: { captions_days: '0' },
    },
  ],
  [
    'other settings, personas and words come back as the copy has them, and a channel stays that people sent the bot out of',
    {
      copied: {
        language: 'fr',
        [`name@${lounge}`]: 'Vega',
        [`instructions@${lounge}`]: 'Be brief.',
        'word:mira': '{}',
      },
      present: {
        language: 'de',
        dj_role: dj,
        [`name@${square}`]: 'Nova',
        [`instructions@${lounge}`]: 'Be long.',
        [`auto_join_rest@${lounge}`]: 'on',
      },
      kept: {
        language: 'fr',
        [`name@${lounge}`]: 'Vega',
        [`instructions@${lounge}`]: 'Be brief.',
        [`auto_join_rest@${lounge}`]: 'on',
        'word:mira': '{}',
      },
    },
  ],
];
