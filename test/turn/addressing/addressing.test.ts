import { toPersonId } from '#src/base/ids.ts';
import {
  addressingRules,
  decideAddressing,
  initialAddressing,
} from '#src/turn/addressing/addressing.ts';

/** A sentence in a room of several people with the bot Nova, no window open: a call or not. */
type Case = readonly [text: string, isCall: boolean];

const calls: readonly string[] = [
  'Nova, what time is it in Tokyo?',
  'Nova tell me a joke',
  'Nova?',
  'Nova.',
  'hey Nova, are you there?',
  'Yes, Nova, please do.',
  'What do you think, Nova?',
  'what do you mean Nova',
  'where are you from nova',
  'Is it going to rain tomorrow, Nova?',
  "It's getting late. Nova, what time is it?",
  "I don't know, Nova, what do you think?",
  'Nova did it rain yesterday',
  'Nova will it snow',
  'Nova has anyone called',
  'Nova need some help here',
  '"Nova, what time is it?"',
  'Nova — louder please',
  '𝓝𝓸𝓿𝓪, what time is it?',
  'Noah, what time is it?',
  'no va what time is it',
  'Hey Nover turn it up',
  'Hey no va',
  'Thanks Novah',
  'Nofa, can you stop?',
  'Nova wie spät ist es',
  'Nova, kannst du mir helfen?',
  'wie alt bist du Nova',
  'Nova ¿qué hora es?',
  'Salut Nova, ça va ?',
  'Nova où est Paris',
  'Nova você pode me ajudar',
  'Hoi Nova, hoe laat is het?',
  'Nova powiedz coś',
  'Привет, Nova, который час?',
  'Нова, который час?',
  'Merhaba Nova, saat kaç?',
  'Moi, Nova, paljonko kello on?',
  'ねえノヴァ、今何時？',
  '今何時、ノヴァ？',
  'ありがとうノヴァ',
  '你好诺娃，现在几点',
  '谢谢你，诺娃',
  '노바, 지금 몇 시야?',
  'نوفا، كم الساعة؟',
  'nova whats the weather like in berlin',
  'Nova flip a coin for us',
  'Nova, ignore him.',
  "Alright Nova let's go",
  'Hello Nova',
  'Nova, say hi to Ben.',
  "no nova that's not what i meant",
  'skip this song nova',
  'Nova louder',
  'Nova a bit louder please',
  'how do you spell that nova',
  'Novah, play something else.',
  'Noa, what time is it?',
  'Nova, wer hat die WM 2014 gewonnen?',
  'Danke Nova',
  'nova ich hab eine frage',
  'Nova tu connais cette chanson ?',
  "Nova, metti un po' di musica",
  'Che ne pensi Nova?',
  'Нова, расскажи анекдот',
  'Nova hava nasıl',
  '你觉得呢，诺娃？',
  "What's ten percent of eighty, Nova?",
  'Nova go away',
  "Nova quick what's seven times eight",
  'who do you think will win nova',
  'sing us a song nova',
  'Nova lies mir das vor',
  'Nova, hör auf',
  'Nova traduce esto',
  'Nova, para!',
  'Nova sus',
];

const mentions: readonly string[] = [
  'Stop it, "Nova"!',
  "Nova's stop talking",
  "Nova'nın, dur",
  '"Nova" is a car',
  "Nova's answer was wrong",
  'Nova answered me already',
  "Nova doesn't get it",
  'Nova did it',
  'Nova will be here later',
  'Nova just said so',
  'you know Nova right',
  "Nova m'énerve",
  'just ask Nova what time it is',
  'do you like Nova',
  'where is Nova?',
  'Ana, Ben, Nova',
  'I know Ana, Ben, Nova',
  'Ana, Nova, Ben',
  'I like Ana, Nova, and Ben',
  'the thing with Nova is that it talks too much',
  'Nova ist ein Auto',
  'wir reden über Nova',
  'frag Nova',
  'Nova a dit que oui',
  'Нова сказала, что нет',
  "Nova'ya sor",
  'ノヴァは車です',
  '노바가 말했어',
  'Nova keeps interrupting me',
  'I think we should kick Nova',
  'how does Nova work',
  'Nova sounds so robotic',
  'Nova actually knows a lot',
  'is it Nova or Noah',
  'Yeah Nova does that sometimes',
  'the supernova was visible for weeks',
  "He's such a casanova",
  'no way, are you serious',
  'Know anybody who can help?',
  'Ben, can you hear me?',
  "that's crazy",
  'Nova kann das nicht',
  'Ich finde Nova super',
  '¿Has hablado con Nova?',
  'A Nova não entende nada',
  'Uma nova mensagem chegou',
  'Ik heb het aan Nova gevraagd',
  'Спроси у Новы',
  '我喜欢诺娃',
  'Nova probably has no idea',
  'Nova might be right',
  'Does Nova speak French?',
  'my sister Nova is here',
  'Nova keeps saying the same thing',
  'nor do I',
  'Nova hat wieder Unsinn erzählt',
  '¿Qué dijo Nova?',
  'Nova parle trop vite',
  'Co powiedziała Nova?',
];

const falseFriends: readonly string[] = [
  'innovation is important',
  'the bossa nova',
  'November, what a month',
  'No, what time is it?',
  'Over, what time is it',
  'Nota bene, das ist falsch',
  'Love, what time is it?',
  'nova.com is down',
  'не надо, спасибо',
  'Hey, what time is it?',
];

const cases: readonly Case[] = [
  ...calls.map((text): Case => [text, true]),
  ...[...mentions, ...falseFriends].map((text): Case => [text, false]),
];

/** Other names than Nova, each with what it answers to. */
const otherNames: readonly (readonly [names: readonly string[], ...Case])[] = [
  [['Max'], 'Max, what time is it?', true],
  [['Max'], 'Macs, what time is it?', false],
  [['Max'], 'Maxim, what time is it?', false],
  [['Bob'], 'Bobby, come here', false],
  [['Will'], 'will you come with us', false],
  [['Will'], 'hey Will', true],
  [['Luna'], 'Lona, what time is it?', true],
  [['Jarvis'], 'Jervis, lights on', true],
  [['Jarvis'], 'Travis, lights on', false],
  [['Alexander'], 'Aleksandr, what time is it?', true],
  [['Black Bird'], 'Black Bird, sing', true],
  [['Black Bird'], 'a black bird sings', false],
  [['Dr. Watson'], 'Dr. Watson, where are we?', true],
  [['R2-D2'], 'R2D2, come here', true],
  [['Nova', 'Chatty'], 'Chatty, what time is it?', true],
  [['🤖'], '🤖 what time is it', false],
  [['Jörg'], 'Jörg, wie spät ist es?', true],
  [['Łucja'], 'Lucja, która godzina?', true],
  [['Нова'], 'Новая, который час?', false],
  [['小诺'], '我问了小诺', false],
  [['ノバ'], 'ノバ、今何時', true],
  [['노바'], '노바는 바보야', false],
  [['', ' ', '...'], 'what time is it', false],
];

/** In a house with bots called Jarvis, Luna and Nova: calls, and talk about them. */
const severalBotsCalls: readonly string[] = [
  'Are you awake, Jarvis?',
  'Jarvice what time is it',
  'Jarvis you rock',
  'what was that luna',
  'Luna read the rules please',
  'Luna cuántos años tienes',
  'Spasibo, Luna',
  'Nova what the hell',
  'are we there yet nova',
];

const severalBotsTalk: readonly string[] = [
  'the new Jarvis is better',
  'where did Luna go',
  'is that Luna barking',
  'La luna è bella stasera',
  'hay luna llena',
  'Nova hates me',
  'Ich glaube Nova schläft',
  'he goes nova what time is it and it just crashes',
  "Nova or no Nova, I'm leaving",
  'Noa is my cousin',
];

const names = ['Nova', 'ノヴァ', '诺娃', '노바', 'नोवा', 'نوفا', 'נובה', 'โนวา'];

function hearText(text: string, to: readonly string[] = names) {
  const spoken = {
    speakerId: toPersonId('ana'),
    fromMs: 0,
    humans: 3,
    present: ['Ben'],
    text,
  };
  return decideAddressing(initialAddressing, spoken, { ...addressingRules, names: to })
    .verdict;
}

test.each(cases)('with several people, %j is a call: %s', (text, isCall) =>
  expect(hearText(text).meant).toBe(isCall),
);

test.each(otherNames)('of a bot called %j, %j is a call: %s', (to, text, isCall) =>
  expect(hearText(text, to).meant).toBe(isCall),
);

test('several names are told apart from talk about them', () => {
  const botNames = ['Jarvis', 'Luna', 'Nova'];
  expect(severalBotsCalls.filter((text) => !hearText(text, botNames).meant)).toEqual(
    [],
  );
  expect(severalBotsTalk.filter((text) => hearText(text, botNames).meant)).toEqual([]);
});

const dismissals: readonly string[] = [
  'not you',
  'not you nova',
  'sorry not you nova',
  'Nova, not you',
  'Sorry, not you, I was talking to Ben',
  "I wasn't talking to you",
  'i wasnt talking to you',
  "I didn't mean you",
  'dich meinte ich nicht',
  'Tú no.',
  "c'est pas à toi que je parle",
  'Non tu',
  'Nie ty',
  'Nie mówiłem do ciebie',
  'Я не с тобой разговариваю',
  'Seninle konuşmuyorum',
  '君に話してるんじゃない',
  '我没跟你说话',
  '너 말고',
];

const noDismissals: readonly string[] = [
  'sorry not you guys',
  'was it not for you to decide',
  '是不是你',
];

test.each(dismissals)('%j says the bot was not meant', (text) =>
  expect(hearText(text)).toEqual({ meant: false, why: 'dismissed' }),
);

test.each(noDismissals)('%j does not send the bot away', (text) =>
  expect(hearText(text).why).not.toBe('dismissed'),
);
