// The browsers that tests run in: where they are, and how they come here on Debian.
import { existsSync } from 'node:fs';
import * as debian from './debian.mjs';
import { UserError, which } from './run.mjs';

// Names of the program, the variable that may hold its path, and the Debian package.
const browsers = {
  chromium: {
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'CHROMIUM_PATH',
    package: 'chromium',
  },
  firefox: {
    programs: ['firefox-esr', 'firefox'],
    variable: 'FIREFOX_PATH',
    package: 'firefox-esr',
  },
};

const names = Object.keys(browsers);

function locate(name) {
  const { programs, variable } = browsers[name];
  const named = process.env[variable];
  if (named === undefined) return programs.map(which).find((path) => path !== undefined);
  if (!existsSync(named)) throw new UserError(`${variable} is ${named}, which does not exist`);
  return named;
}

/** The path of `chromium` or `firefox`. Throws UserError where there is none. */
export function findBrowser(name) {
  const path = locate(name);
  if (path !== undefined) return path;
  throw new UserError(`${name} was not found; run node tools/setup.mjs first.`);
}

/** Makes sure that all of them can be started. */
export function ensureBrowsers() {
  const missing = names.filter((name) => locate(name) === undefined);
  if (missing.length === 0) return;
  const variables = missing.map((name) => browsers[name].variable).join(' and ');
  const advice = `install ${missing.join(' and ')}, or name the programs by ${variables}`;
  debian.requireInstall(`${missing.join(' and ')} not found`, advice);
  debian.installPackages(missing.map((name) => browsers[name].package));
}
