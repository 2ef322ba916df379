// Generated from crds/ by `npm run generate`. Do not edit.
import { z } from 'zod';

/** What zod checks of an ApprovalVote: spec and status; metadata is the API server's business. */
export function approvalVoteSchema(): z.ZodType {
  return z.fromJSONSchema({
  "type": "object",
  "required": [
    "spec"
  ],
  "properties": {
    "spec": {
      "type": "object",
      "required": [
        "request",
        "requestUID",
        "digest",
        "decision"
      ],
      "properties": {
        "request": {
          "type": "string",
          "minLength": 1,
          "maxLength": 253,
          "description": "Name of the ApprovalRequest in the same namespace."
        },
        "requestUID": {
          "type": "string",
          "minLength": 1,
          "maxLength": 64,
          "description": "Its uid as shown to the voter."
        },
        "digest": {
          "type": "string",
          "pattern": "^sha256:[0-9a-f]{64}$",
          "maxLength": 71,
          "description": "Its digest as shown to the voter."
        },
        "decision": {
          "type": "string",
          "enum": [
            "Approve",
            "Deny",
            "Revoke",
            "Cancel",
            "BreakGlass",
            "Acknowledge"
          ]
        },
        "reason": {
          "type": "string",
          "maxLength": 2048
        },
        "voter": {
          "type": "object",
          "description": "Stamped. A value of the client's is refused unless it is the client.",
          "required": [
            "username"
          ],
          "properties": {
            "username": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024
            },
            "uid": {
              "type": "string",
              "maxLength": 1024
            },
            "groups": {
              "type": "array",
              "maxItems": 512,
              "items": {
                "type": "string",
                "maxLength": 1024
              }
            },
            "person": {
              "type": "string",
              "maxLength": 1024
            },
            "slackGroups": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "string",
                "maxLength": 253
              },
              "description": "Handles of the Slack user groups that the voter was in."
            }
          },
          "additionalProperties": false
        },
        "onBehalfOf": {
          "type": "object",
          "description": "Of the identity of a channel, and of nobody else: whose act this is.",
          "required": [
            "kind",
            "id"
          ],
          "properties": {
            "kind": {
              "type": "string",
              "enum": [
                "Slack",
                "OIDC"
              ],
              "description": "Slack: a click. OIDC: whoever is signed in to the console."
            },
            "id": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "description": "Of Slack `T0123/U0456`, team and user; of OIDC the Kubernetes username of a verified ID token."
            },
            "email": {
              "type": "string",
              "maxLength": 320,
              "description": "Of a verified ID token that says email_verified."
            },
            "groups": {
              "type": "array",
              "maxItems": 512,
              "items": {
                "type": "string",
                "maxLength": 1024
              },
              "description": "Of a verified ID token."
            },
            "slackGroups": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "string",
                "maxLength": 253
              },
              "description": "Handles of the Slack user groups that the user is in."
            }
          },
          "additionalProperties": false
        },
        "via": {
          "type": "string",
          "enum": [
            "Kubernetes",
            "Slack",
            "Console",
            "Email",
            "Teams",
            "MCP"
          ],
          "description": "Stamped."
        },
        "assurance": {
          "type": "string",
          "enum": [
            "Any",
            "Console",
            "Kubernetes"
          ],
          "description": "Stamped."
        },
        "separation": {
          "type": "object",
          "description": "Stamped, where a policy counts only who cannot act as the requester: that it was asked when the vote was cast.",
          "required": [
            "checked"
          ],
          "properties": {
            "checked": {
              "type": "boolean"
            },
            "actsAs": {
              "type": "string",
              "maxLength": 512,
              "description": "By which right the voter could act as the requester. Absent where by none."
            }
          },
          "additionalProperties": false
        },
        "seal": {
          "type": "string",
          "maxLength": 512,
          "description": "Stamped."
        }
      },
      "additionalProperties": false
    }
  }
});
}
