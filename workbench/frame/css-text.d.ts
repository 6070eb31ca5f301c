/** The frame's bundle takes style sheets as text: it may load nothing. */
declare module "*.css" {
  const text: string;
  export default text;
}
