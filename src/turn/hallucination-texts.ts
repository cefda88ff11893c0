/** Whole texts that recognisers write when nobody spoke: subtitle credits, farewells of videos. Lower case, no marks. */
export const hallucinationTexts: readonly string[] = `
thank you for watching
thanks for watching
thank you so much for watching
thank you very much for watching
thank you all for watching
thanks for watching and see you next time
thank you for watching and see you in the next video
thank you for watching please subscribe
thanks for watching please subscribe
thanks for watching dont forget to like and subscribe
please subscribe
please subscribe to my channel
please subscribe to our channel
please like and subscribe
dont forget to subscribe
dont forget to like and subscribe
like and subscribe
see you in the next video
ill see you in the next video
see you next video
thank you for listening to this video
well be right back
subtitles by the amara org community
subs by www zeoranger co uk
transcription by castingwords
translated by
captions by
vielen dank für die aufmerksamkeit
vielen dank fürs zuschauen
danke fürs zuschauen
vielen dank
untertitel im auftrag des zdf für funk
untertitel im auftrag des zdf
copyright wdr
bis zum nächsten mal
sous titrage société radio canada
sous titrage st 501
sous titres par la communauté damara org
merci davoir regardé cette vidéo
merci davoir regardé
abonnez vous
noubliez pas de vous abonner
gracias por ver el video
gracias por ver
gracias por ver este video
gracias por su atención
suscríbete al canal
suscríbete
no olvides suscribirte
subtítulos por la comunidad de amara org
hasta la próxima
grazie per la visione
grazie per aver guardato il video
grazie per lattenzione
iscrivetevi al canale
sottotitoli creati dalla comunità amara org
obrigado por assistir
obrigada por assistir
obrigado por assistirem
inscreva se no canal
não se esqueça de se inscrever
legendas pela comunidade amara org
até a próxima
bedankt voor het kijken
dank u voor het kijken
ondertitels ingediend door de amara org gemeenschap
tack för att du tittade
tack för att ni tittade
tack för att ni har tittat
takk for at du så på
tak fordi du så med
kiitos katsomisesta
kiitos kun katsoit
dziękuję za uwagę
dziękuję za oglądanie
dziękuję za obejrzenie
napisy stworzone przez społeczność amara org
děkuji za pozornost
titulky vytvořil johnyx
izlediğiniz için teşekkürler
izlediğiniz için teşekkür ederim
altyazı mk
abone olmayı unutmayın
terima kasih telah menonton
terima kasih sudah menonton
jangan lupa subscribe
cảm ơn các bạn đã theo dõi
hãy subscribe cho kênh
hẹn gặp lại các bạn trong những video tiếp theo
продолжение следует
спасибо за просмотр
спасибо за внимание
подписывайтесь на канал
подписывайтесь на мой канал
до новых встреч
дякую за перегляд
дякую за увагу
продовження буде
ご視聴ありがとうございました
ご清聴ありがとうございました
最後までご視聴いただきありがとうございます
チャンネル登録お願いします
チャンネル登録をお願いいたします
高評価とチャンネル登録お願いします
次回の動画でお会いしましょう
谢谢观看
谢谢大家观看
感谢观看
感谢收看
謝謝觀看
謝謝大家觀看
感謝收看
请不吝点赞订阅转发打赏支持明镜与点点栏目
請不吝點贊訂閱轉發打賞支持明鏡與點點欄目
시청해주셔서 감사합니다
시청해 주셔서 감사합니다
구독과 좋아요 부탁드립니다
다음 영상에서 만나요
mbc 뉴스 이덕영입니다
شكرا للمشاهدة
شكرا على المشاهدة
اشتركوا في القناة
لا تنسوا الاشتراك في القناة
ترجمة نانسي قنقر
देखने के लिए धन्यवाद
चैनल को सब्सक्राइब करें
ขอบคุณที่รับชม
תודה רבה על הצפייה
תודה על הצפייה
ευχαριστώ που παρακολουθήσατε
`
  .trim()
  .split('\n');

/** Beginnings of credits, which go on with a name. */
export const hallucinationBeginnings: readonly string[] = [
  'untertitel der amara org',
  'untertitel von',
  'untertitelung',
  'untertitel im auftrag',
  'sous titres réalisés par',
  'sous titres fait par',
  'sous titrage',
  'subtitles by',
  'subtitled by',
  'transcribed by',
  'transcript emily beynon',
  'subtítulos realizados por',
  'subtítulos por',
  'subtitulado por',
  'sottotitoli e revisione a cura di',
  'sottotitoli a cura di',
  'sottotitoli creati',
  'legendas por',
  'legendado por',
  'tradução e legendas',
  'ondertiteling',
  'ondertitels',
  'undertexter från',
  'undertexter av',
  'undertekster av',
  'tekstet av',
  'napisy wykonał',
  'napisy stworzone',
  'titulky vytvořil',
  'altyazı',
  'редактор субтитров',
  'субтитры сделал',
  'субтитры создавал',
  'субтитры подготовил',
  'субтитри створив',
  '字幕由',
  '字幕志愿者',
  '字幕製作',
  '字幕制作',
  '字幕by',
  '字幕 by',
  '中文字幕',
  '자막 제공',
  '한글자막 by',
  'ترجمة نانسي',
  'подписывайтесь на',
];

/** What people do say, and recognisers write for a breath: hallucinated only when hardly any voice was there. */
export const faintHallucinations: readonly string[] = `
you
thank you
thank you very much
thanks
bye
bye bye
goodbye
okay
ok
oh
uh
um
hmm
mm
mhm
ah
so
i
the
yeah
yes
hello
the end
im sorry
danke
tschüss
ja
hm
vielen dank
merci
au revoir
oui
gracias
adiós
grazie
ciao
obrigado
tchau
e aí
é isso aí
dank je
tack
dziękuję
teşekkürler
teşekkür ederim
terima kasih
спасибо
пока
да
угу
дякую
ありがとうございました
ありがとうございます
はい
うん
おやすみなさい
谢谢
謝謝
嗯
好
네
감사합니다
شكرا
نعم
धन्यवाद
ขอบคุณครับ
hasta la próxima
até a próxima
bis zum nächsten mal
`
  .trim()
  .split('\n');
