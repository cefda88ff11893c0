/** Words of English by what they do in a sentence; frequent ones only, lower case. */
const lists = {
  determiners: `a an the my your our their its his every each no some any this that these those another
    which whose what`,
  articles: 'a an the every each another my your our their its whose',
  subjects:
    'i you he she it we they there this that these those somebody someone everybody everyone',
  /** What may follow a command's verb. */
  objects: `me it him her us them this that these those the a an my your our their his on off up down in out to
    some any`,
  onlySubjects: 'i he she we they who whoever',
  auxiliaries: `is are was were am be been do does did have has had can could will would shall should may
    might must isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't won't
    wouldn't shouldn't cannot ain't not`,
  questions: 'what who whom whose which where when why how',
  prepositions: `of to from with into onto upon by at for about between among against without within
    during through across behind beside under above below near toward towards like until till`,
  /** Verbs to which a particle is all. */
  moving:
    'go come hold sit stand shut wake move log hang calm slow speed hurry step look watch cheer back get carry',
  doubting:
    'why maybe perhaps probably certainly course hope guess or better if absolutely definitely surely',
  particles: 'on off up down in out over back away around along together',
  /** Words before the sentence proper. */
  openers: `ok okay well so hey hi hello yes yeah yep no nope please and but then now oh alright right
    actually also um uh er erm hmm just maybe anyway thanks sorry wait good morning evening`,
  /** Whole answers and calls. */
  wholes: `yes no yeah yep nope ok okay stop pause continue repeat thanks hello hi hey bye goodbye sure right exactly correct never always maybe cancel help next again louder quieter softer
    resume enough quiet silence mute unmute start go faster slower sorry what why great good perfect nice cool
    fine done ready excellent awesome wonderful absolutely definitely probably perhaps nothing everything
    who where when how wow`,
  telling: 'explain describe say tell show read prove',
  knowing: 'know remember mind remind',
  greetings: 'hello hi hey there',
  courtesies: `thank thanks you no yes yeah okay ok hello hi hey good morning evening night bye goodbye sure
    sorry very much so of course right please not really lot all everyone everybody guys`,
  /** They only look like "walked" and "walking". */
  notVerbs: `morning evening thing something nothing everything anything during spring string wedding
    building meeting ceiling hundred speed indeed united bring`,
  opining: 'think thought know knew believe believed hope hoped guess suppose say said mean wish',
  pointers: 'this that these those',
  /** "The first man", "the best way": what follows says of what. */
  rankings:
    'first second third last next best worst biggest longest highest tallest oldest only same',
  joining: 'and or but than as whether per also plus',
  reporting:
    'think thought know knew say said believe believed mean hope hoped told me you so is was',
  times: 'tomorrow yesterday today tonight next last every during later this',
  endings: `please today tomorrow tonight yesterday now again too either here there yet already anymore
    instead anyway thanks soon later everything something nothing anything yourself myself it me you them him us
    everyone everybody someone somebody sometime sometimes forever together home outside inside
    ago well much alone`,
  /** Commands, which start a sentence; most are statements' verbs as well. */
  verbs: `turn play tell set stop open close show give make put take get go come find search look call send
    read write say speak talk ask answer start begin finish end change switch add remove delete create
    remind wake let try wait listen hear see watch check explain describe translate spell count repeat
    sing pick choose help keep leave bring buy order book pay use run walk move turn lower raise raise
    increase decrease skip pause resume mute unmute record save load remember forget think know want need
    like love hate hope believe feel mean seem work live eat drink sleep drive fly meet visit
    learn teach study win lose cut mix cook bake clean wash fix build break pull push hold drop throw
    catch sit stand rain snow happen become follow join invite define compare calculate convert
    name list summarize recommend suggest guess imagine pretend roll flip forward cancel shut reset restart
    mind worry draw paint wish hurry mention repeat replay rewind undo redo lock unlock connect
    disconnect enable disable install update download upload print schedule plan sort solve correct improve rate vote
    quiz quit exit dim shuffle loop rename copy paste type press click rename rest hang dial ring park
    relax calm agree sneeze purr bark arrange prepare serve boil fry jump arrive cost fall grow sell spend wear carry hit reach enter smell taste sound cry laugh smile
    dance swim climb travel return rise shine matter depend belong contain include share serve cover`,
  past: `went came saw said told made got gave took put found thought knew felt left kept brought bought
    ran sat stood met lost won wrote read spoke heard ate drank slept drove flew began broke built held
    became forgot understood meant spent sent paid sold lived taught caught fell grew`,
  /** Verbs that want an object after them. */
  hungry: `want need like love hate have has had get got make made take took give gave put buy bought bring
    brought tell told say said let find found use show send keep set mean think thought believe
    seem seems become wants needs likes gets makes takes gives puts buys brings tells says uses finds
    learn explain describe order ordered prefer remind ask asked add turn switch`,
  adjectives: `big small new old good bad best worst better red blue green black white yellow hot cold warm
    long short high low young little large great nice important different other same own main favorite
    favourite next last first second third nearest closest most more less few many much several only
    real whole full free local beautiful famous special final entire certain such half both very
    really too quite pretty extremely so italian french german english american chinese japanese spanish`,
  /** Adjectives that a sentence never ends in. */
  attributes: `other same own main favorite favourite nearest several entire such very quite extremely
    certain whole only`,
  /** Nouns that mostly go on with "of". */
  relations: `capital name number kind type sort lot couple bunch rest end top middle side part piece cup
    glass bottle pair list amount size cost meaning difference distance president population
    way height length depth history chapter recipe verse version author king queen mayor founder leader owner title date beginning
    temperature speed`,
} as const;

type List = keyof typeof lists;

const split = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

const sets = Object.fromEntries(
  Object.entries(lists).map(([name, words]) => [name, split(words)]),
) as Readonly<Record<List, ReadonlySet<string>>>;

export function isOneOf(list: List, word: string | undefined): boolean {
  return word !== undefined && sets[list].has(word);
}
