import { playScripts } from '#test/conversation/setup/play-script.ts';

playScripts({
  'the bot itself quotes the transcript, and no words of the model follow the quote': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1] || Adam says you owe him.
    adam asks: What about five?
    > told adam: answered Adam, 16:25: five five
    > tool find_in_captions ran
    > says "Adam, 16:25: five five"
    6000 > answered Adam: Adam, 16:25: five five
    requests > 2 requests
    adam asks: And then? > told adam: answered Adam says you owe him.
    prompt
    > Adam: What about five? | Nova: Adam, 16:25: five five | data: <channel> 16:25 Adam: five five 16:25 Nova: Adam, 16:25: five five </channel> | Adam: And then?
    `,
  'if the model chooses no line, the bot says that the transcript does not hold it': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || [0] || Adam said seven.
    adam asks: What about five?
    > told adam: answered I found nothing about that in what you may read.
    > tool find_in_captions ran
    > says ask.unknown
    6000 > answered Adam: I found nothing about that in what you may read.
    `,
  'a person who came later hears what was said before, and a program nothing': `
    with alone, off, tools, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    eva comes
    500
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1]
    eva asks: What about five?
    > told eva: answered Adam, 16:25: five five
    > tool find_in_captions ran
    > says "Adam, 16:25: five five"
    6000 > answered Eva: Adam, 16:25: five five
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1]
    token:radio asks: What about five?
    > told token:radio: answered I found nothing about that in what you may read.
    > tool find_in_captions ran
    > says ask.unknown
    6000 > answered Token:radio (left out): I found nothing about that in what you may read.
    requests > 3 requests
    `,
  'an answer that sounds ends with the erasure of another person, and none of it is kept':
    [
      { pieces: 60 },
      `
    with alone, off, tools, eva always
    eva comes
    captions on > says captions.on
    8000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says (human-goforward): One is mine. Two is mine. Three is mine. Four is mine.
    > heard Eva: One is mine. Two is mine. Three is mine. Four is mine., ignored Eva: off
    model: call find_in_captions {"question":"What is mine?","about":"all"} || [1]
    adam asks: What is mine? > tool find_in_captions ran, says "Eva, 16:25:"
    2000 > says "One is mine. Two is mine."
    eva is forgotten > told adam: failed ask.stopped, forgotten total 2, answered Adam (cancelled)
    20000
    model: Nothing.
    adam asks: And then?
    prompt > Adam: What is mine? | Nova: (This question was taken back.) | Adam: And then?
    `,
    ],
  'of a quote of a person who says no meanwhile the rest is not said': [
    { pieces: 60 },
    `
    with alone, off, tools, eva always
    eva comes
    captions on > says captions.on
    8000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says (human-goforward): One is mine. Two is mine. Three is mine. Four is mine.
    > heard Eva: One is mine. Two is mine. Three is mine. Four is mine., ignored Eva: off
    model: call find_in_captions {"question":"What is mine?","about":"all"} || [1]
    adam asks: What is mine? > tool find_in_captions ran, says "Eva, 16:25:"
    2000 > says "One is mine. Two is mine."
    eva denies > isSaved true
    20000 > told adam: answered nothing, answered Adam: Eva, 16:25: One is mine. Two is mine.
    `,
  ],
  'lines that no model chose are not said aloud': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || fail provider.unreachable
    adam asks: What about five?
    > told adam: answered I can't think right now: my chat model gives no answer that I can use.
    > failed think provider.unreachable
    > tool find_in_captions ran
    > says fail.llm
    6000 > answered Adam: I can't think right now: my chat model gives no answer that I can use.
    `,
});
