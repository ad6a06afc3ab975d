// Dark and light: as the system says, until someone presses the button. public/theme.js applies
// a stored choice before the page is drawn.
import { byId } from './dom.js';
import { text } from './strings.js';

const system = matchMedia('(prefers-color-scheme: dark)');
const key = 'theme';

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? system.matches : chosen === 'dark';
}

function remember(theme: string): void {
  try {
    // What the system says anyway need not be kept: the page then follows it again.
    if ((theme === 'dark') === system.matches) localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

export function startTheme(): void {
  const button = byId('theme', HTMLButtonElement);
  const describe = () => {
    const name = isDark() ? text.theme.light : text.theme.dark;
    button.setAttribute('aria-label', name);
    button.title = name;
    button.dataset['icon'] = isDark() ? 'sun' : 'moon';
  };
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = theme;
    remember(theme);
    describe();
  });
  system.addEventListener('change', describe);
  describe();
}
