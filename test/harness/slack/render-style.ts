/** In Slack's likeness, of nothing of Slack's. */
export const RENDER_STYLE = `
* { box-sizing: border-box }
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.47 "DejaVu Sans", sans-serif }
main { width: 760px; padding: 16px 20px }
h1 { font-size: 18px; margin: 0 0 12px; padding-bottom: 10px; border-bottom: 1px solid #ddd }
h2 { font-size: 22px; margin: 0 0 12px }
h3 { font-size: 18px; margin: 4px 0 8px }
p { margin: 4px 0; white-space: pre-line; overflow-wrap: anywhere }
article { display: flex; gap: 10px; padding: 8px 0 }
.face { width: 36px; height: 36px; flex: none; border-radius: 6px; background: #1f4e5f; color: #fff; font: bold 20px/36px sans-serif; text-align: center }
.body { flex: 1; min-width: 0 }
.who i { font: normal 10px sans-serif; background: #e8e8e8; padding: 1px 4px; border-radius: 3px; color: #616061 }
time { font-size: 12px; color: #616061 }
pre { margin: 6px 0; padding: 8px; border: 1px solid #ddd; border-radius: 4px; background: #f8f8f8; font: 12px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere }
.context { font-size: 12.5px; color: #616061 }
.actions { display: flex; gap: 8px; margin: 10px 0 6px }
button { font: bold 14px "DejaVu Sans", sans-serif; padding: 6px 12px; border: 1px solid #bbb; border-radius: 4px; background: #fff; color: #1d1c1d }
button.primary { background: #007a5a; border-color: #007a5a; color: #fff }
button.danger { border-color: #e01e5a; color: #e01e5a }
a { color: #1264a3; text-decoration: underline }
.reply { margin: 4px 0 0 6px; padding-left: 10px; border-left: 3px solid #ddd; font-size: 13.5px }
.only { background: #f6f6f6; padding: 6px 8px; border-radius: 4px; font-size: 13.5px }
.modal { border: 1px solid #ccc; border-radius: 8px; margin: 12px; width: 520px; box-shadow: 0 6px 20px rgb(0 0 0 / 15%) }
label { display: block; font-weight: bold; margin: 12px 0 }
textarea { display: block; width: 100%; margin-top: 4px; border: 1px solid #999; border-radius: 4px }
footer { display: flex; justify-content: flex-end; gap: 8px; margin-top: 12px }
`;
