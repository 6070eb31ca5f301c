/** The response.yaml of a new draft: empty, so that the gate refuses it, with an example to uncomment. */
export function planTemplate(): string {
  return `# What runs before anybody is asked. At least one; uncomment and fit.
automations: []
#  - name: around-it
#    title: What else happened there
#    uses: related-activity
#    with: { dataset: sysmon, minutesBefore: 10, minutesAfter: 10 }
#    effect: Shows what the same machine did ten minutes before and after.

# What the owner may choose: 2 to 6 buttons.
options: []
#  - { name: ours, title: This was us, uses: decide, outcome: benign-positive, effect: Closes the alert as planned work. }
#  - { name: confirm, title: This was not us, uses: decide, outcome: true-positive, effect: Closes the alert as an attack. }
#  - { name: escalate, title: Ask the author, uses: escalate-to-author, effect: Hands it to the rule's author. }
`;
}
