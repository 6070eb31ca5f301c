import * as beacon from "./beacon.ts";
import * as decode from "./decode.ts";
import * as domain from "./domain.ts";
import * as indicator from "./indicator.ts";
import * as ip from "./ip.ts";
import * as stack from "./stack.ts";
import * as text from "./text.ts";

/** The hunt functions of JavaScript cells. `indicators`, a table in SQL, is a list here. Browser-safe. */
export const hunt = Object.freeze({
  decodeBase64: decode.decodeBase64,
  decodeBase64url: decode.decodeBase64url,
  decodeBase64Utf16: decode.decodeBase64Utf16,
  decodePowershell: decode.decodePowershell,
  decodeHex: decode.decodeHex,
  decodeUrl: decode.decodeUrl,
  refang: indicator.refang,
  defang: indicator.defang,
  extractUrls: indicator.extractUrls,
  extractIps: indicator.extractIps,
  extractDomains: indicator.extractDomains,
  extractEmails: indicator.extractEmails,
  extractHashes: indicator.extractHashes,
  extractCves: indicator.extractCves,
  extractIndicators: indicator.extractIndicators,
  indicators: indicator.extractIndicators,
  urlHost: domain.urlHost,
  publicSuffix: domain.publicSuffix,
  registeredDomain: domain.registeredDomain,
  cidrMatch: ip.cidrMatch,
  isPrivateIp: ip.isPrivateIp,
  ipFamily: ip.ipFamily,
  ipToNumber: ip.ipToNumber,
  cidrFirst: ip.cidrFirst,
  cidrLast: ip.cidrLast,
  ipInLookup: ip.ipInLookup,
  stackCount: stack.stackCount,
  stackShare: stack.stackShare,
  rarity: stack.rarity,
  parentChildRarity: stack.parentChildRarity,
  firstSeen: stack.firstSeen,
  isFirstSeen: stack.isFirstSeen,
  beaconScore: beacon.beaconScore,
  beaconInterval: beacon.beaconInterval,
  shannonEntropy: text.shannonEntropy,
  editSimilarity: text.editSimilarity,
  lookalikeDomain: text.lookalikeDomain,
  normaliseCommandLine: text.normaliseCommandLine,
  pathBasename: text.pathBasename,
  pathDirname: text.pathDirname,
  pathExtension: text.pathExtension,
});
