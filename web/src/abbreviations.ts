// Words that end in a full stop without ending a sentence, for the languages of common models.

// A name or number follows these; a sentence never ends with them.
const always: Record<string, string> = {
  '': 'dr prof st vs cf eg ie e.g i.e viz p pp vol fig figs nr tel approx ca al',
  en:
    'mr mrs ms messrs mx rev hon pres gov gen sen rep col lt capt cmdr maj sgt cpl adm insp supt ' +
    'fr sr mt ft jan feb mar apr aug sept oct nov dec eq eqs sec ch chs ed eds trans dept ' +
    'univ assn incl excl resp esp orig',
  fr: 'm mm mme mmes mlle mlles me mgr ste av boul bd env ex chap éd art fasc réf zn',
  de:
    'hr fr frl hrn dipl ing z.b d.h u.a o.ä bzw ggf evtl vgl sog inkl exkl zzgl bsp abb abs kap ' +
    'bd hrsg jh mio mrd str z b d h',
  es: 'sr sra srta sres dra ud uds vd vds gral cap art pág págs núm avda d dña p.ej ej',
  it: 'sig sigg sig.ra dott dott.ssa ing avv arch on mons pag pagg cap art ecc.mo p.es es',
  pt: 'sr sra srta dra exmo exma pág págs núm art av eng',
  nl: 'dhr mevr mw mr ir drs nl bijv bv enz blz jl ds o.a m.b.t d.w.z',
};

// These do so only before a number.
const beforeNumbers = 'no nos nº num art sec p pp vol ch fig tab eq par § bd';

// These may end a sentence or not: the next word decides.
const sometimes = 'jr sr inc ltd co corp bros esq a.m p.m m.d ph.d b.a m.a u.s u.k u.n e.u d.c';

// English words that begin a sentence far more often than they follow an abbreviation.
const starters =
  'he she it they we you i the this that these those there here but and so or yet if when while ' +
  'however then what why how who where after before because although in on at as a an his her ' +
  'its their our my your not no yes please let';

const words = (list: string | undefined) => new Set(list?.split(' ') ?? []);

const numbered = words(beforeNumbers);
const open = words(sometimes);
const starting = words(starters);
const byLanguage = new Map<string, Set<string>>();

function alwaysIn(language: string): Set<string> {
  let set = byLanguage.get(language);
  if (set === undefined) {
    set = new Set([...words(always['']), ...words(always[language])]);
    byLanguage.set(language, set);
  }
  return set;
}

/**
 * Whether `word`, which stands before a full stop, goes on with `next`, the first word after it.
 * @param language two letters, as in `en`
 */
export function isAbbreviation(word: string, next: string, language: string): boolean {
  const lower = word.toLowerCase();
  if (open.has(lower)) return !starting.has(next.toLowerCase());
  if (alwaysIn(language).has(lower)) return true;
  if (numbered.has(lower)) return /^\p{N}/u.test(next);
  // U.S.S.R., A.D.: letters with stops between them.
  if (/^(?:\p{L}\.)+\p{L}$/u.test(word)) return !starting.has(next.toLowerCase());
  return false;
}

/** Whether a number with a full stop is an ordinal in this language: "am 3. Oktober". */
export function hasOrdinalStops(language: string): boolean {
  return words('de da nb nn no fi et lv cs sk sl hr sr hu is tr').has(language);
}
