import type { Tongue } from './tongue.ts';

/** More languages whose words stand apart. */
export const otherTongues: Readonly<Record<string, Tongue>> = {
  sv: {
    open: `en ett den det de och eller men för att om som i på av till från med hos vid under över
      mellan utan mot genom min mitt mina din ditt dina sin sitt sina vår vårt våra er deras jag vi
      mycket varje vilken vilket är var`,
    fillers: 'eh öh ehm hm mm alltså liksom typ',
    numbers: `noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton tjugo trettio fyrtio
      femtio sextio sjuttio åttio nittio hundra tusen`,
    marks: 'inte nej ja vad vem hur du mig dig kan har hej tack här nu snälla klockan',
    subordinators: 'om när eftersom att medan fast innan efter',
  },
  pl: {
    open: `i a ale lub albo oraz bo że żeby jeśli jak w we na z ze do od po dla o u przez przy pod nad
      przed między bez za mój moja moje twój twoja jego jej nasz nasza bardzo każdy który która
      które jest są ten ta`,
    fillers: 'eee yyy hmm no więc znaczy',
    numbers: `zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście
      dwadzieścia trzydzieści czterdzieści pięćdziesiąt sto tysiąc`,
    marks: 'nie tak co kto gdzie kiedy czy mi mnie się to proszę dziękuję możesz mam jestem cześć',
    subordinators: 'jeśli jeżeli gdy kiedy bo ponieważ chociaż zanim',
  },
  tr: {
    open: `ve veya ya ama fakat çünkü eğer ki ile için gibi kadar bir bu şu o her en çok daha benim
      senin onun bizim sizin hangi`,
    fillers: 'ee eee ııı şey hani yani hmm',
    numbers: `sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş
      seksen doksan yüz bin`,
    marks:
      'değil evet hayır ne nasıl nerede mı mi mu mü var yok lütfen bana sana merhaba saat teşekkürler',
  },
  id: {
    open: `dan atau tetapi tapi karena kalau jika bahwa yang di ke dari dengan untuk pada oleh tentang
      sebuah seorang para sangat lebih setiap adalah saya aku kami`,
    fillers: 'eh em anu hmm',
    numbers: `nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas belas puluh
      ratus ribu`,
    marks:
      'tidak ya apa siapa bagaimana kapan mana bisa tolong terima kasih ini itu jam sekarang kamu',
    subordinators: 'kalau jika karena ketika meskipun sebelum setelah',
  },
  ru: {
    open: `и а но или что чтобы если потому как в во на с со к ко у о об от до по за из под над при
      про для без через между мой моя моё мои твой твоя его её наш наша ваш их очень каждый который
      которая которое которые я мы это этот эта`,
    fillers: 'э ээ эээ эм мм ну как-бы типа короче',
    numbers: `ноль один одна два две три четыре пять шесть семь восемь девять десять одиннадцать
      двенадцать двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто сто
      двести тысяча`,
    marks: 'не да нет кто где когда мне меня тебя ты вы пожалуйста спасибо сейчас можешь есть',
    subordinators: 'если когда потому хотя пока',
  },
  uk: {
    open: `і й та а але або що щоб якщо бо як в у на з зі із до від по за під над при про для без
      через між мій моя моє твій твоя його її наш наша ваш дуже кожен який яка яке які я ми цей ця`,
    fillers: 'е ее еее ем мм ну тіпа',
    numbers: `нуль один одна два дві три чотири п'ять шість сім вісім дев'ять десять двадцять тридцять
      сорок сто тисяча`,
    marks: 'не так ні хто де коли мені мене ти ви ласка дякую зараз можеш є це',
    subordinators: 'якщо коли бо хоча поки',
  },
};
