/**
 * Requests of which no rule or word list was made, written before the rules were last changed.
 *
 * `|`: nobody would take what stands before for all of it. `/`: it might have been all.
 */
export const heldOut: readonly string[] = `
which country has the longest coastline
what was the name of that / band you mentioned
how heavy is a blue whale
where did you learn that
who is the | president of brazil
what are you up to
what else can you play
how do / you make bread without | yeast
how long / until the match starts
when is | easter this year
why do cats purr
why did the | romans leave britain
whose turn is it
which one do you like
what should i wear
how are you doing
what's twelve times fifteen
what's the | plural of octopus
who's there
where's the | closest petrol station
what does the fox say
how would you explain that to a | child
what did you just say
can you hear us
could you turn the bass | down a little
would you mind | reading that again
do you speak any other languages
did you get that
is the | shop on the corner still open
are there any questions left
was that you
have you ever been to | paris
will it be sunny on saturday
should i bring a jacket
can i ask you | something
can you please
can we start over
does it matter
is that true
isn't that what you said before
play the next track
play the song | that was on before this one
play me some music by / johnny cash
skip to the | third chapter
mute everybody except / me
let's hear it
let's play | twenty questions
let me think about it
tell me more
tell us | how you know that
tell everyone that | dinner is ready
show me the map
ask simon | if he wants to join
read it aloud
read the last message / from peter
start the countdown
stop talking
stop that noise
turn it off
turn the heating up / to twenty one degrees
turn it up a bit | please
set the volume to | thirty percent
set a reminder for | friday evening
write that down
write a letter | to my landlord
order a pizza / with extra cheese
call the | doctor
check if the | server is running
change your voice
choose a number between / one and ten
pick a winner
describe your favourite | place
define / irony
spell | rhythm
count the votes
convert five miles | into kilometres
compare the | first plan with the second
make a list of | things to pack
make some noise
keep going
go ahead
go to the next slide
give us a hint
guess what i am thinking
wait for / me
wait until | everyone is here
say hello to | grandma
say something nice
shut the door
answer the question
forget what i said
look it up
look for a | cheap hotel in rome
help me with my | homework
invite the others
listen to this
try again
bring us back to the | main menu
don't worry about it
don't play | that one again
no problem
not now
not really
not that one
maybe later
of course
just a second
one more time
the blue one
the other one please
a cup of coffee
the day after tomorrow
my older brother
king of hearts
three of diamonds
chicken soup
two apples
about half an hour
in the living room
on the left
at the | bus stop
with milk and | sugar
for the | whole family
half past eight
at nine o'clock
five minutes ago
twenty four
room | twelve
the pin is | seven two | nine four
my phone number is | oh four one | two two three | nine eight
the total comes to | ninety nine / fifty
it happened in | nineteen eighty four
extension | four | zero two
the answer is forty two
i'd like a | table for two
i want the | red one
i want to | know more about whales
i need a break
i need to | leave in ten minutes
i don't know
i have no idea
i think so
i think the | first answer was wrong
i thought you were | asleep
i'm not sure
i'm looking for a | good book
i can't hear you
i love this song
i was wondering / if you could help
i forgot my password
it's my birthday today
it's too loud in here
it doesn't work
it would be | nice to hear some music
that's enough
that's not | funny
that sounds great
this is boring
this song is by | queen
there is a | spider on the wall
we are ready
we're going to the | cinema tonight
we should | leave soon
you are right
you sound tired
you forgot the | last part
they haven't arrived yet
he said that | he would be late
she lives in | lisbon now
my mother's name is | helen
my dog ate the | cake
the door is locked
the lights in the kitchen | are still on
the film | we saw last week / was terrible
the best part | comes at the end
nobody knows the answer
everybody loves pancakes
when i was young | we had no television
if you want to | we can play again
if nobody minds | i'll go first
while we wait | tell us a story
because of the | rain we stayed inside
as soon as the | game is over | send me the result
after lunch | we go swimming
before i forget | thank you for yesterday
although it's late | i'm not tired
instead of jazz | play some blues
and then what
or something else
but why
so | how does it end
well | that depends
actually | never mind that
okay | next question
hey | are you awake
um | what was i saying
play um | some classical music
and | what about you
could you uh | explain that again
it was er | last tuesday
good night everyone
see you tomorrow
sounds good
thanks for your help
nice to meet you
excuse me
what a lovely day
`
  .trim()
  .split('\n');
