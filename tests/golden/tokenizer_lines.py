"""Text for the tokenizer goldens, written for this project: sentences put together from parts in
many languages, and a list of hard Unicode."""

# Language -> (subjects, verbs, objects, order, end). Every combination is a plain sentence; what
# matters is the script, the spelling and the spacing of each language, not its beauty.
LANGUAGES = {
    "en": (["The old teacher", "My sister", "Our neighbour Tom", "Nobody here"],
           ["reads", "doesn't want", "has found", "would've sold", "can't see"],
           ["the newspaper", "a red house", "two apples", "Dr. Smith's letter", "№ 7, i.e. the key"],
           "svo", "."),
    "fr": (["Le vieux professeur", "Ma sœur", "L'élève étourdi", "Aujourd'hui, personne"],
           ["lit", "n'achète pas", "a trouvé", "préférerait", "cherche déjà"],
           ["le journal", "une maison rouge", "deux pommes", "la clé d'Hélène", "l'œuvre naïve"],
           "svo", " !"),
    "de": (["Der alte Lehrer", "Meine Schwester", "Unser Nachbar Jürgen", "Niemand"],
           ["liest", "kauft", "findet", "verkauft", "vergisst"],
           ["die Zeitung", "ein rotes Haus", "zwei Äpfel", "den Straßenbahnfahrschein",
            "das größte Fußballstadion"], "svo", "."),
    "es": (["El viejo maestro", "Mi hermana", "Nuestro vecino Íñigo", "¿Quién"],
           ["lee", "no quiere", "encontró", "venderá", "está buscando"],
           ["el periódico", "una casa roja", "dos manzanas", "la llave del señor Núñez",
            "el corazón"], "svo", "…"),
    "it": (["Il vecchio maestro", "Mia sorella", "L'amico di Niccolò", "Perché nessuno"],
           ["legge", "non vuole", "ha trovato", "venderà", "cercherà"],
           ["il giornale", "una casa rossa", "due mele", "la città più bella", "quell'uovo"],
           "svo", "?"),
    "pt": (["O velho professor", "Minha irmã", "Nosso vizinho João", "Ninguém"],
           ["lê", "não quer", "achou", "venderá", "está à procura d"],
           ["o jornal", "a casa vermelha", "as maçãs", "a chave do coração", "o pão da avó"],
           "svo", "."),
    "nl": (["De oude leraar", "Mijn zus", "Onze buurman Joost", "'s Avonds niemand"],
           ["leest", "koopt", "vindt", "verkoopt", "zoekt"],
           ["de krant", "een rood huis", "twee appels", "foto's van oma", "het ĳs en de reünie"],
           "svo", "."),
    "sv": (["Den gamle läraren", "Min syster", "Vår granne Åsa", "Ingen"],
           ["läser", "köper", "hittar", "säljer", "glömmer"],
           ["tidningen", "ett rött hus", "två äpplen", "nyckeln till båten", "en smörgås"],
           "svo", "."),
    "pl": (["Stary nauczyciel", "Moja siostra", "Nasz sąsiad Łukasz", "Źrebię"],
           ["czyta", "kupuje", "znalazł", "sprzedaje", "widzi"],
           ["gazetę", "czerwony dom", "dwa jabłka", "klucz do piwnicy", "żółtą łódź"], "svo", "."),
    "cs": (["Starý učitel", "Moje sestra", "Náš soused Jiří", "Žádný kůň"],
           ["čte", "kupuje", "našel", "prodává", "vidí"],
           ["noviny", "červený dům", "dvě jablka", "klíč od sklepa", "příliš žluťoučkého koně"],
           "svo", "!"),
    "ro": (["Bătrânul profesor", "Sora mea", "Vecinul nostru Ștefan", "Nimeni"],
           ["citește", "cumpără", "a găsit", "vinde", "caută"],
           ["ziarul", "o casă roșie", "două mere", "cheia din sertar", "țara în ploaie"],
           "svo", "."),
    "hu": (["Az öreg tanár", "A húgom", "Szomszédunk, Győző", "Senki sem"],
           ["olvassa", "megveszi", "megtalálta", "eladja", "keresi"],
           ["az újságot", "a piros házat", "a két almát", "a kulcsot", "a tükörfúrógépet"],
           "svo", "."),
    "fi": (["Vanha opettaja", "Siskoni", "Naapurimme Väinö", "Kukaan"],
           ["lukee", "ostaa", "löytää", "myy", "etsii"],
           ["sanomalehden", "punaisen talon", "kaksi omenaa", "avaimen pöydältä",
            "hääyöaikeen"], "svo", "."),
    "et": (["Vana õpetaja", "Minu õde", "Meie naaber Jüri", "Keegi"],
           ["loeb", "ostab", "leiab", "müüb", "otsib"],
           ["ajalehte", "punast maja", "kahte õuna", "võtit", "jäääärt"], "svo", "."),
    "tr": (["Yaşlı öğretmen", "Kız kardeşim", "İstanbul'daki komşumuz", "Hiç kimse"],
           ["okuyor", "satın alıyor", "buldu", "satacak", "görmüyor"],
           ["gazeteyi", "kırmızı evi", "iki elmayı", "Isparta'nın gülünü", "çekmecedeki ışığı"],
           "sov", "."),
    "vi": (["Thầy giáo già", "Chị tôi", "Ông hàng xóm Nguyễn", "Không ai"],
           ["đọc", "mua", "tìm thấy", "bán", "quên"],
           ["tờ báo", "một ngôi nhà đỏ", "hai quả táo", "chiếc chìa khoá", "bát phở nóng"],
           "svo", "."),
    "id": (["Guru tua itu", "Kakak saya", "Tetangga kami", "Tak seorang pun"],
           ["membaca", "membeli", "menemukan", "menjual", "mencari"],
           ["surat kabar", "rumah merah", "dua buah apel", "kunci lemari", "anak-anak ayam"],
           "svo", "."),
    "sw": (["Mwalimu mzee", "Dada yangu", "Jirani yetu", "Hakuna mtu"],
           ["anasoma", "ananunua", "amepata", "anauza", "anatafuta"],
           ["gazeti", "nyumba nyekundu", "tufaha mbili", "ufunguo wa ng'ombe", "ndizi mbivu"],
           "svo", "."),
    "ru": (["Старый учитель", "Моя сестра", "Наш сосед Фёдор", "Никто"],
           ["читает", "не покупает", "нашёл", "продаёт", "ищет"],
           ["газету", "красный дом", "два яблока", "ключ от подъезда", "съеденный объект"],
           "svo", "."),
    "uk": (["Старий учитель", "Моя сестра", "Наш сусід Їжакевич", "Ніхто"],
           ["читає", "купує", "знайшов", "продає", "шукає"],
           ["газету", "червоний дім", "два яблука", "ключ від ґанку", "м'яту й п’явку"],
           "svo", "."),
    "bg": (["Старият учител", "Сестра ми", "Нашият съсед", "Никой"],
           ["чете", "купува", "намери", "продава", "търси"],
           ["вестника", "червена къща", "две ябълки", "ключа на бълхата", "ѝ подаръка"],
           "svo", "."),
    "el": (["Ο γέρος δάσκαλος", "Η αδερφή μου", "Ο γείτονάς μας", "Κανείς"],
           ["διαβάζει", "αγοράζει", "βρήκε", "πουλάει", "ΨΑΧΝΕΙ"],
           ["την εφημερίδα", "ένα κόκκινο σπίτι", "δύο μήλα", "τους ΟΔΟΥΣ ΤΟΥ ΣΠΙΤΙΟΥ",
            "τ' αυγά μαΐστρος"], "svo", "·"),
    "hy": (["Ծեր ուսուցիչը", "Իմ քույրը", "Մեր հարևանը", "Ոչ ոք"],
           ["կարդում է", "գնում է", "գտավ", "վաճառում է", "փնտրում է"],
           ["թերթը", "կարմիր տունը", "երկու խնձոր", "բանալին", "և՛ գինին"], "svo", "։"),
    "ka": (["მოხუცი მასწავლებელი", "ჩემი და", "ჩვენი მეზობელი", "არავინ"],
           ["კითხულობს", "ყიდულობს", "პოულობს", "ყიდის", "ეძებს"],
           ["გაზეთს", "წითელ სახლს", "ორ ვაშლს", "გასაღებს", "ᲓᲔᲓᲐᲥᲐᲚᲐᲥᲡ"], "svo", "."),
    "ar": (["المعلّم العجوز", "أختي", "جارنا أحمد", "لا أحد"],
           ["يقرأ", "لا يشتري", "وجد", "سيبيع", "يبحث عن"],
           ["الجريدة", "بيتًا أحمر", "تفاحتين", "مفتاحُ البابِ", "الأﻻت ٣٤٥"], "svo", "؟"),
    "fa": (["معلم پیر", "خواهرم", "همسایه‌ی ما", "هیچ‌کس"],
           ["می‌خواند", "نمی‌خرد", "پیدا کرد", "می‌فروشد", "می‌بیند"],
           ["روزنامه را", "خانه‌ی قرمز را", "دو سیب را", "کلید را", "۱۲۳ گل را"], "sov", "."),
    "he": (["המורה הזקן", "אחותי", "השכן שלנו", "אף אחד"],
           ["קורא", "קונה", "מצא", "ימכור", "מחפש"],
           ["את העיתון", "בית אדום", "שני תפוחים", "מפתח של צה\"ל", "שָׁלוֹם עֲלֵיכֶם"],
           "svo", "."),
    "hi": (["बूढ़ा शिक्षक", "मेरी बहन", "हमारा पड़ोसी", "कोई नहीं"],
           ["पढ़ता है", "खरीदता है", "ढूँढता है", "बेचता है", "देखता है"],
           ["अख़बार", "लाल घर", "दो सेब", "दराज़ की चाबी", "क्षत्रिय का ज्ञान १२३"], "sov", "।"),
    "bn": (["বুড়ো শিক্ষক", "আমার বোন", "আমাদের প্রতিবেশী", "কেউ না"],
           ["পড়েন", "কেনেন", "খুঁজে পান", "বিক্রি করেন", "দেখেন"],
           ["খবরের কাগজ", "লাল বাড়ি", "দুটি আপেল", "চাবি", "উৎসবের কৃষ্ণচূড়া"], "sov", "।"),
    "ta": (["வயதான ஆசிரியர்", "என் சகோதரி", "எங்கள் அண்டை வீட்டார்", "யாரும்"],
           ["படிக்கிறார்", "வாங்குகிறார்", "கண்டார்", "விற்கிறார்", "தேடுகிறார்"],
           ["செய்தித்தாளை", "சிவப்பு வீட்டை", "இரண்டு ஆப்பிள்களை", "சாவியை", "ஸ்ரீ கோவிலை"],
           "sov", "."),
    "th": (["ครูแก่", "พี่สาวของฉัน", "เพื่อนบ้านของเรา", "ไม่มีใคร"],
           ["อ่าน", "ซื้อ", "เจอ", "ขาย", "มองหา"],
           ["หนังสือพิมพ์", "บ้านสีแดง", "แอปเปิลสองผล", "กุญแจลิ้นชัก", "น้ำใจที่๑๒"],
           "joined", ""),
    "my": (["ဆရာကြီး", "ညီမလေး", "အိမ်နီးချင်း", "ဘယ်သူမှ"],
           ["ဖတ်သည်", "ဝယ်သည်", "တွေ့သည်", "ရောင်းသည်", "ရှာသည်"],
           ["သတင်းစာ", "အိမ်နီ", "ပန်းသီးနှစ်လုံး", "သော့", "မြန်မာစာ"], "sov", "။"),
    "am": (["ሽማግሌው መምህር", "እህቴ", "ጎረቤታችን", "ማንም"],
           ["ያነባል", "ይገዛል", "አገኘ", "ይሸጣል", "ይፈልጋል"],
           ["ጋዜጣውን", "ቀይ ቤት", "ሁለት ፖም", "ቁልፉን", "እንጀራን"], "sov", "።"),
    "zh": (["老教师", "我的姐姐", "我们的邻居王先生", "没有人"],
           ["在读", "不想买", "找到了", "要卖", "正在找"],
           ["报纸", "一座红房子", "两个苹果", "抽屉里的钥匙", "“龘”字𠮷"], "joined", "。"),
    "ja": (["年老いた先生は", "私の姉は", "隣の田中さんは", "誰も"],
           ["読みます", "買いません", "見つけました", "売るだろう", "探している"],
           ["新聞を", "赤い家を", "リンゴを二つ", "引き出しのｶｷﾞを", "ギガバイト㌐を"],
           "joined-sov", "。"),
    "ko": (["늙은 선생님은", "우리 언니는", "이웃집 김 씨는", "아무도"],
           ["읽는다", "사지 않는다", "찾았다", "팔 것이다", "본다"],
           ["신문을", "빨간 집을", "사과 두 개를", "서랍 열쇠를", "값싼 닭갈비를"], "sov", "."),
}

HARD = [
    "", " ", "   ", "\t\n", "\u3000\u3000", "\u00a0", "a", " a", "a ", "  a  b  ",
    # Emoji: ZWJ sequences, skin tones, flags, keycaps, variation selectors, tags.
    "👩\u200d👩\u200d👧\u200d👦 family", "👩🏽\u200d💻 works", "🏳\ufe0f\u200d🌈🇫🇷🇩🇪", "1\ufe0f\u20e3 #\ufe0f\u20e3",
    "☺\ufe0f ☺\ufe0e ❤\ufe0f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🫠🪿🩷",
    # Combining marks: order, pile-ups, none to stand on.
    "e\u0301 a\u0323\u0301 a\u0301\u0323", "q\u0307\u0323 q\u0323\u0307", "\u0301alone", "o" + "\u0308" * 40,
    "\u0344\u0301\u0315 a\u0344\u0323", "ạ̈̄ ǭ ṩ", "Z\u0351\u036b\u0343A\u0334\u0321\u034aL\u0336G\u0315O\u0338",
    "क\u094d\u0937 \u0915\u093c", "ກ\u0eb4\u0ec9", "נ\u05bc\u05b8", "بِ\u0651\u0650",
    # Hangul: jamo, syllables, compatibility jamo, half width.
    "\u1112\u1161\u11ab\u1100\u1173\u11af", "각각\u11a8", "ㅎㅏㄴ ﾡﾢ", "힣가",
    # Compatibility forms.
    "ﷺ ﻻ ﷲ ﺍﻟﺴﻼﻡ", "Ｆｕｌｌ　ｗｉｄｔｈ １２３！", "ｶﾞｷﾞ ﾊﾟ", "ﬁ ﬂ ﬃ ﬅ ﬆ", "½ ⅓ ² ³ ₂ Ⅷ ⅷ", "㎏ ㍿ ㋿ ™ ℠ № ℡",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝕏 𝟘𝟙", "①⑳㊗", "ŉ ǆ ĳ Ĳ ſ", "Å Å Å Ω Ω", "…‥․ ‼ ⁉", "＂＇｀＾￣",
    # Direction, joiners, invisible characters.
    "\u200fעברית\u200e x \u202babc\u202c", "\u2066x\u2069", "co\u00adop\u00aderate", "zero\u200bwidth\u200cnon\u200djoin\u2060er",
    "\ufeffbom\ufeff", "\u180emongolian\u180e", "\u061c ؜", "می\u200cخواهم",
    # White space of every kind.
    "a\u00a0b\u1680c\u2000d\u2003e\u2007f\u2009g\u200ah\u202fi\u205fj\u3000k", "a\r\nb\nc\rd\x0be\x0cf\x85g\u2028h\u2029i",
    "\x1c\x1d\x1e\x1fz\x1c", " \u00a0x\u00a0 ", "x\u200b y",
    # Control characters, NUL, private use, unassigned, noncharacters.
    "a\x00b\x00", "\x00", "\x01\x02\x7f\x80\x9f", "\ue000\uf8ff\U000f0000\U0010fffd", "\u0378\u0e5c\U0001fbff\U00040000",
    "\uffff\ufffe\ufdd0\U0001ffff\U0010ffff", "\ufffd x \ufffd\ufffd",
    # Case: dotted and dotless i, final sigma, title case, sharp s, later additions.
    "İstanbul ISPARTA ıi İİ i\u0307", "ΌΔΟΣ ΟΔΥΣΣΕΥΣ Σ ΣΑΣ ς", "Ǆ ǅ ǆ Ǉ ǈ ǉ", "ẞß STRASSE", "ÀÉÎÕÜ ÇŞĞ", "Ⅷ ⓐ Ⓐ",
    "Ა ა ᲐᲑ", "\ua7cb\ua7da\ua7dc \U00010d50\U00010d65 \U00016ea0", "Ꭰ ꭰ", "𐐀𐐨 𞤀𞤢", "Ꞔ Ɡ Ɬ",
    # Characters beyond the first plane, ideographs and the holes of BERT's ranges.
    "𠜎𠜱𠝹𠱓", "\U0002b81f\U0002b820\U0002b91f\U0002b920", "\uf900\ufaff\U0002f800\U0002fa1f", "中文abc中文 汉字kanji", "㐀䶿一鿿",
    "𓀀𓁿 𒀀 𐎠", "𝄞𝅘𝅥𝅮 𝆹𝅥", "\U00011938 \U00011935\U00011930\u0301",
    # SentencePiece's own characters and specials as text.
    "▁", "▁under▁score▁", "▁ ▁ ▁▁ x▁", " ▁a ▁ b", "<s> </s> <unk> <pad>", "a</s>b", "</s>", "x </s>", "</s> x", "</s></s>",
    "< /s> <Unk> <<unk>>", "⁇ <0x41> <0xE2>", "<sep>x<cls>", "x<sep> <cls> <sep><sep>", "<tag1>inside<tag12>",
    # Language codes.
    ">>fra<< hello", ">>fra<<hello", " >>fra<< hello", ">>xxx<< hello", ">>no end", "a >>fra<< b", ">><< x", ">>fra<<", ">>fra<< >>deu<< x",
    ">>fra<<</s>>>fra<<x", ">>日本 🏳<< x",
    # BERT's specials.
    "[MASK]", "the [MASK] of", "[CLS]a[SEP]", "[mask] [Mask]", "[UNK] [PAD]", "[MASK][MASK]", "[ MASK ]", "[MASK", "x[MASK]y",
    "new_token NEW_TOKEN xnew_tokenx", "word Word WORDS word. (word)", "a <left> b", "a <right> b", "a  <both>  b<both> ", "Café café CAFÉ",
    # Punctuation, symbols, numbers, code, addresses.
    "don't can't I'm we've they're it's 'quoted' n't", "-- — – ‐ ― …", "«guillemets» „deutsch“ “english” ‘x’ ‹y›", "¡Hola! ¿Qué?",
    "$5.00 €3,50 £1 ¥100 ₹9 ₿", "3.14159 1,000,000 1e-9 0x1F 50% ±5°", "C++ f(x)=y; // ok? {[()]}", "user@example.com http://x.y/z?q=1#f",
    "~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./", "a_b-c.d", "Dr. Who, e.g. No. 5", "#hashtag @user", "\u166d \U000111c9 \u1734 \u1885 \ua9bd",
    "。、「」・ー！？", "។ ༎ ׃ ؟ ؛ ، ۔ । ॥", "☃★♪✓→∞≠√∑",
    # Length.
    "A" * 100, "A" * 101, "ab" * 150, "日" * 120, "ー" * 50, "ab " * 60, "x" * 3 + " " * 50 + "y", "supercalifragilisticexpialidocious" * 3,
    "é" * 100, "e\u0301" * 60, "...." * 30, "😀" * 70,
]


def sentence(subject, verb, obj, order, end):
    if order == "joined":
        return subject + verb + obj + end
    if order == "joined-sov":
        return subject + obj + verb + end
    words = [subject, obj, verb] if order == "sov" else [subject, verb, obj]
    return " ".join(words) + end


def composed(per_language=52):
    """The first `per_language` combinations of each language, the same ones on every run."""
    lines = []
    for subjects, verbs, objects, order, end in LANGUAGES.values():
        combinations = [(s, v, o) for s in subjects for v in verbs for o in objects]
        # A step prime to their number visits all, spread over subjects, verbs and objects.
        picked = [combinations[i * 37 % len(combinations)] for i in range(per_language)]
        lines += [sentence(s, v, o, order, end) for s, v, o in picked]
    return lines
