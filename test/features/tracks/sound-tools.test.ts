import { playScripts, type Scripts } from '#test/conversation/setup/play-script.ts';
import { makeCatalog, makeLibrary } from '#test/fakes/fake-sounds.ts';

const sounds = makeCatalog(
  makeLibrary('bell', 'nature/rain', 'city/rain', 'song', 'tin roof'),
);

const heard: Scripts = Object.fromEntries(
  [
    ['bell', 'bell'],
    ['the bell', 'bell'],
    ['roof', 'tin roof'],
  ].map(([sound, title]) => [
    `who asks for "${sound}" hears ${title}, which is theirs`,
    `
    with tools
    model: call play_sound {"sound":"${sound}"} || Well.
    adam asks: Play that.
    > told adam: answered Well., tool play_sound ran, writes track.playing (${title}) (main)
    3000 > answered Adam: Well.
    track main > ${title}
    eva skips > denied track main owner Adam vote votes 1 needed 2
    `,
  ]),
);

const noLink =
  '{"error":"The arguments do not fit. ✖ Links are not played. → at sound"}';

const refused: Scripts = Object.fromEntries(
  [
    ['{"sound":"https://sounds.example/song.mp3"}', 'refused', noLink],
    ['{"sound":"http://127.0.0.1/x"}', 'refused', noLink],
    ['{"sound":"file:///etc/passwd"}', 'refused', noLink],
    ['{"sound":"sounds.example/song.mp3"}', 'refused', noLink],
    [
      '{"sound":"thunder"}',
      'ran',
      '{"result":{"outcome":"There is no \\"thunder\\". There are: bell, nature/rain, city/rain, song, tin roof."}}',
    ],
    [
      '{"sound":"bell","track":"voice"}',
      'ran',
      '{"result":{"outcome":"voice is mine. Choose another track, say main."}}',
    ],
    [
      '{"sound":"bell","track":"all"}',
      'ran',
      '{"result":{"outcome":"all is mine. Choose another track, say main."}}',
    ],
    [
      '{"sound":"bell","track":"..."}',
      'ran',
      '{"result":{"outcome":"A track\'s name has 1 to 40 characters, and more than dots or spaces. Some emoji count as several characters."}}',
    ],
  ].map(([given, how, told = '']) => [
    `${given} plays nothing, and the model is told why`,
    `
    with tools
    model: call play_sound ${given} || Well.
    adam asks: Play that. > told adam: answered Well., tool play_sound ${how}
    3000 > answered Adam: Well.
    track main > nothing
    results${told.length > 85 ? '\n   ' : ''} > ${told}
    `,
  ]),
);

playScripts(
  {
    ...heard,
    'if two sounds fit, the bot asks which one, and plays the one that the model takes from the answer': `
    with tools
    model: call play_sound {"sound":"rain"} || Well.
    adam asks: Play rain.
    > told adam: answered Which one: nature rain, city rain?
    > tool play_sound ran
    > says track.which_of (nature rain, city rain)
    3000 > answered Adam: Which one: nature rain, city rain?
    track main > nothing
    model: call play_sound {"sound":"nature rain"} || Well.
    adam asks: The first one, please.
    > told adam: answered Well., tool play_sound ran, writes track.playing (nature/rain) (main)
    3000 > answered Adam: Well.
    track main > nature/rain
    `,
    ...refused,
  },
  { sounds },
);
