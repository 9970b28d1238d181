// anchor/contracts/src/TallyDistributor.sol compiled by solc 0.8.37+commit.f401782d.Emscripten.clang.
// Written by scripts/build-contracts.mjs; do not edit.
export const tallyDistributorAbi = [
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "admin",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "proposer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "guardian",
            "type": "address"
          },
          {
            "internalType": "address[]",
            "name": "attesters",
            "type": "address[]"
          },
          {
            "internalType": "uint8",
            "name": "threshold",
            "type": "uint8"
          },
          {
            "internalType": "uint64",
            "name": "minimumDelay",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "adminDelay",
            "type": "uint64"
          },
          {
            "internalType": "address[]",
            "name": "tokens",
            "type": "address[]"
          }
        ],
        "internalType": "struct TallyTypes.Setup",
        "name": "setup",
        "type": "tuple"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "constructor"
  },
  {
    "inputs": [],
    "name": "AccessControlBadConfirmation",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "neededRole",
        "type": "bytes32"
      }
    ],
    "name": "AccessControlUnauthorizedAccount",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "target",
        "type": "address"
      }
    ],
    "name": "AddressEmptyCode",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "AlreadyProposed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "AmountTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "count",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "threshold",
        "type": "uint256"
      }
    ],
    "name": "AttesterCount",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "before",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "given",
        "type": "address"
      }
    ],
    "name": "AttestersNotAscending",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "minimum",
        "type": "uint256"
      }
    ],
    "name": "BelowMinimum",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "claimed",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "payable_",
        "type": "uint256"
      }
    ],
    "name": "ClaimExceedsTotal",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "delay",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "minimum",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "maximum",
        "type": "uint64"
      }
    ],
    "name": "DelayOutOfRange",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "deposited",
        "type": "uint256"
      }
    ],
    "name": "DepositTooLarge",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FailedCall",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "balance",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "needed",
        "type": "uint256"
      }
    ],
    "name": "InsufficientBalance",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "index",
        "type": "uint256"
      }
    ],
    "name": "InvalidAttestation",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidProof",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      }
    ],
    "name": "InvalidRecipient",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidShortString",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "InvalidSignature",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "tokens",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "totals",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "reserved",
        "type": "uint256"
      }
    ],
    "name": "LengthMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      }
    ],
    "name": "NonceAlreadySpent",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "NotAContract",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "needed",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "given",
        "type": "uint256"
      }
    ],
    "name": "NotEnoughAttestations",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "NotFinalized",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "NotProposed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "NothingReceived",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "cumulative",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "claimed",
        "type": "uint256"
      }
    ],
    "name": "NothingToClaim",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "NothingToSweep",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "OnlyAccount",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "OnlyByOperation",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      },
      {
        "internalType": "uint64",
        "name": "readyAt",
        "type": "uint64"
      }
    ],
    "name": "OperationNotReady",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "name": "OperationPending",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "until",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "latest",
        "type": "uint64"
      }
    ],
    "name": "PauseOutOfRange",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint64",
        "name": "possibleAt",
        "type": "uint64"
      }
    ],
    "name": "PauseTooSoon",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "before",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "given",
        "type": "uint256"
      }
    ],
    "name": "PayableDecreased",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ReentrancyGuardReentrantCall",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "total",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "reserved",
        "type": "uint256"
      }
    ],
    "name": "ReservedExceedsTotal",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "RolesNotDisjoint",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "SafeERC20FailedOperation",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "deadline",
        "type": "uint256"
      }
    ],
    "name": "SignatureExpired",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "str",
        "type": "string"
      }
    ],
    "name": "StringTooLong",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "TokenAlreadyAllowed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint64",
        "name": "until",
        "type": "uint64"
      }
    ],
    "name": "TokenIsPaused",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "TokenNotAllowed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "TokenOmitted",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "before",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "given",
        "type": "address"
      }
    ],
    "name": "TokensNotAscending",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "finalizableAt",
        "type": "uint64"
      }
    ],
    "name": "TooEarly",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "count",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "maximum",
        "type": "uint256"
      }
    ],
    "name": "TooManyClaims",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "maximum",
        "type": "uint256"
      }
    ],
    "name": "TooManyTokens",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      }
    ],
    "name": "TransferFailed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "before",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "given",
        "type": "uint64"
      }
    ],
    "name": "TreeSizeDecreased",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "total",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "deposited",
        "type": "uint256"
      }
    ],
    "name": "Underfunded",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "expected",
        "type": "uint32"
      },
      {
        "internalType": "uint32",
        "name": "given",
        "type": "uint32"
      }
    ],
    "name": "UnexpectedAttempt",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "expected",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "given",
        "type": "uint64"
      }
    ],
    "name": "UnexpectedEpoch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "maximum",
        "type": "uint256"
      }
    ],
    "name": "UriTooLong",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ZeroAddress",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ZeroHash",
    "type": "error"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint16",
        "name": "set",
        "type": "uint16"
      },
      {
        "indexed": false,
        "internalType": "address[]",
        "name": "attesters",
        "type": "address[]"
      },
      {
        "indexed": false,
        "internalType": "uint8",
        "name": "threshold",
        "type": "uint8"
      }
    ],
    "name": "AttestersSet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "reason",
        "type": "bytes"
      }
    ],
    "name": "ClaimSkipped",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "cumulative",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      }
    ],
    "name": "Claimed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "delay",
        "type": "uint64"
      }
    ],
    "name": "DelaySet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Deposited",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [],
    "name": "EIP712DomainChanged",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "attempt",
        "type": "uint32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "recordHash",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "bytes32",
        "name": "payoutRoot",
        "type": "bytes32"
      }
    ],
    "name": "EpochFinalized",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "attempt",
        "type": "uint32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "recordHash",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "bytes32",
        "name": "prevHash",
        "type": "bytes32"
      },
      {
        "components": [
          {
            "internalType": "uint64",
            "name": "epoch",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "attempt",
            "type": "uint32"
          },
          {
            "internalType": "bytes32",
            "name": "ledgerRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "treeSize",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "payoutRoot",
            "type": "bytes32"
          },
          {
            "internalType": "address[]",
            "name": "tokens",
            "type": "address[]"
          },
          {
            "internalType": "uint256[]",
            "name": "totals",
            "type": "uint256[]"
          },
          {
            "internalType": "uint256[]",
            "name": "reserved",
            "type": "uint256[]"
          },
          {
            "internalType": "bytes32",
            "name": "manifestHash",
            "type": "bytes32"
          },
          {
            "internalType": "string",
            "name": "uri",
            "type": "string"
          }
        ],
        "indexed": false,
        "internalType": "struct TallyTypes.EpochContent",
        "name": "content",
        "type": "tuple"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "proposer",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "finalizableAt",
        "type": "uint64"
      }
    ],
    "name": "EpochProposed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "recordHash",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "guardian",
        "type": "address"
      }
    ],
    "name": "EpochRevoked",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "attempt",
        "type": "uint32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "recordHash",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "guardian",
        "type": "address"
      }
    ],
    "name": "EpochVetoed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "ExcessSwept",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      }
    ],
    "name": "NonceSpent",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "name": "OperationCancelled",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "name": "OperationExecuted",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "call",
        "type": "bytes"
      },
      {
        "indexed": false,
        "internalType": "bytes32",
        "name": "salt",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "readyAt",
        "type": "uint64"
      }
    ],
    "name": "OperationScheduled",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      }
    ],
    "name": "RecipientSet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "previousAdminRole",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "newAdminRole",
        "type": "bytes32"
      }
    ],
    "name": "RoleAdminChanged",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sender",
        "type": "address"
      }
    ],
    "name": "RoleGranted",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sender",
        "type": "address"
      }
    ],
    "name": "RoleRevoked",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "bool",
        "name": "selfOnly",
        "type": "bool"
      }
    ],
    "name": "SelfOnlySet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "TokenAllowed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "until",
        "type": "uint64"
      }
    ],
    "name": "TokenPaused",
    "type": "event"
  },
  {
    "inputs": [],
    "name": "ADMIN",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "ATTESTATION_TYPE",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "CLAIM_TYPE",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "DEFAULT_ADMIN_ROLE",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "GUARDIAN",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_ATTESTERS",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_CLAIMS",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_DELAY",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_EPOCH",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_PAUSE",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_TOKENS",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_URI_BYTES",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "OPERATION_WINDOW",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "PAUSE_REST",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "PROPOSER",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "RECORD_TYPE",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "REVOCATION_TYPE",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "adminDelay",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "allowToken",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "allowedTokenCount",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "uint32",
        "name": "attempt",
        "type": "uint32"
      },
      {
        "internalType": "bytes32",
        "name": "proposalHash",
        "type": "bytes32"
      }
    ],
    "name": "attestationDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "attesterSet",
    "outputs": [
      {
        "internalType": "uint16",
        "name": "",
        "type": "uint16"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint16",
        "name": "set",
        "type": "uint16"
      }
    ],
    "name": "attesters",
    "outputs": [
      {
        "internalType": "address[]",
        "name": "members",
        "type": "address[]"
      },
      {
        "internalType": "uint8",
        "name": "threshold",
        "type": "uint8"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "baseEpoch",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "name": "cancel",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      }
    ],
    "name": "cancelNonce",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "cumulative",
        "type": "uint256"
      },
      {
        "internalType": "bytes32[]",
        "name": "proof",
        "type": "bytes32[]"
      }
    ],
    "name": "claim",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "recipient",
            "type": "address"
          },
          {
            "internalType": "uint256",
            "name": "minimum",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "nonce",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "deadline",
            "type": "uint256"
          }
        ],
        "internalType": "struct TallyTypes.Authorization",
        "name": "authorization",
        "type": "tuple"
      }
    ],
    "name": "claimDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "uint64",
            "name": "epoch",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "account",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint256",
            "name": "cumulative",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          }
        ],
        "internalType": "struct TallyTypes.Claim[]",
        "name": "claims",
        "type": "tuple[]"
      }
    ],
    "name": "claimMany",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "uint64",
            "name": "epoch",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "account",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint256",
            "name": "cumulative",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          }
        ],
        "internalType": "struct TallyTypes.Claim",
        "name": "claim_",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "recipient",
            "type": "address"
          },
          {
            "internalType": "uint256",
            "name": "minimum",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "nonce",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "deadline",
            "type": "uint256"
          }
        ],
        "internalType": "struct TallyTypes.Authorization",
        "name": "authorization",
        "type": "tuple"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "claimWithSig",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "claimableRoot",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "claimed",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "claimedBy",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "delay",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      },
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      }
    ],
    "name": "deposit",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "deposited",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "eip712Domain",
    "outputs": [
      {
        "internalType": "bytes1",
        "name": "fields",
        "type": "bytes1"
      },
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "string",
        "name": "version",
        "type": "string"
      },
      {
        "internalType": "uint256",
        "name": "chainId",
        "type": "uint256"
      },
      {
        "internalType": "address",
        "name": "verifyingContract",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "salt",
        "type": "bytes32"
      },
      {
        "internalType": "uint256[]",
        "name": "extensions",
        "type": "uint256[]"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "epochRecord",
    "outputs": [
      {
        "components": [
          {
            "components": [
              {
                "internalType": "uint64",
                "name": "epoch",
                "type": "uint64"
              },
              {
                "internalType": "uint32",
                "name": "attempt",
                "type": "uint32"
              },
              {
                "internalType": "bytes32",
                "name": "ledgerRoot",
                "type": "bytes32"
              },
              {
                "internalType": "uint64",
                "name": "treeSize",
                "type": "uint64"
              },
              {
                "internalType": "bytes32",
                "name": "payoutRoot",
                "type": "bytes32"
              },
              {
                "internalType": "address[]",
                "name": "tokens",
                "type": "address[]"
              },
              {
                "internalType": "uint256[]",
                "name": "totals",
                "type": "uint256[]"
              },
              {
                "internalType": "uint256[]",
                "name": "reserved",
                "type": "uint256[]"
              },
              {
                "internalType": "bytes32",
                "name": "manifestHash",
                "type": "bytes32"
              },
              {
                "internalType": "string",
                "name": "uri",
                "type": "string"
              }
            ],
            "internalType": "struct TallyTypes.EpochContent",
            "name": "content",
            "type": "tuple"
          },
          {
            "internalType": "enum TallyTypes.EpochState",
            "name": "state",
            "type": "uint8"
          },
          {
            "internalType": "bytes32",
            "name": "prevHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "recordHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "proposedAt",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "delay",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "finalizedAt",
            "type": "uint64"
          },
          {
            "internalType": "uint16",
            "name": "attesterSet",
            "type": "uint16"
          }
        ],
        "internalType": "struct TallyTypes.EpochRecord",
        "name": "record",
        "type": "tuple"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes",
        "name": "call_",
        "type": "bytes"
      },
      {
        "internalType": "bytes32",
        "name": "salt",
        "type": "bytes32"
      }
    ],
    "name": "execute",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "bytes[]",
        "name": "signatures",
        "type": "bytes[]"
      }
    ],
    "name": "finalizeEpoch",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      }
    ],
    "name": "getRoleAdmin",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "grantRole",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "hasRole",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "prevHash",
        "type": "bytes32"
      },
      {
        "components": [
          {
            "internalType": "uint64",
            "name": "epoch",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "attempt",
            "type": "uint32"
          },
          {
            "internalType": "bytes32",
            "name": "ledgerRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "treeSize",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "payoutRoot",
            "type": "bytes32"
          },
          {
            "internalType": "address[]",
            "name": "tokens",
            "type": "address[]"
          },
          {
            "internalType": "uint256[]",
            "name": "totals",
            "type": "uint256[]"
          },
          {
            "internalType": "uint256[]",
            "name": "reserved",
            "type": "uint256[]"
          },
          {
            "internalType": "bytes32",
            "name": "manifestHash",
            "type": "bytes32"
          },
          {
            "internalType": "string",
            "name": "uri",
            "type": "string"
          }
        ],
        "internalType": "struct TallyTypes.EpochContent",
        "name": "content",
        "type": "tuple"
      }
    ],
    "name": "hashOf",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "isAllowed",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      }
    ],
    "name": "isNonceSpent",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "lastFinalized",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "minimumDelay",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "name": "operationReadyAt",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address[]",
        "name": "tokens",
        "type": "address[]"
      },
      {
        "internalType": "uint64",
        "name": "until",
        "type": "uint64"
      }
    ],
    "name": "pause",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "pausedUntil",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "",
        "type": "uint64"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "cumulative",
        "type": "uint256"
      }
    ],
    "name": "payoutLeaf",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "uint32",
        "name": "attempt",
        "type": "uint32"
      },
      {
        "internalType": "bytes32",
        "name": "ledgerRoot",
        "type": "bytes32"
      },
      {
        "internalType": "uint64",
        "name": "treeSize",
        "type": "uint64"
      },
      {
        "internalType": "bytes32",
        "name": "payoutRoot",
        "type": "bytes32"
      },
      {
        "internalType": "address[]",
        "name": "tokens",
        "type": "address[]"
      },
      {
        "internalType": "uint256[]",
        "name": "totals",
        "type": "uint256[]"
      },
      {
        "internalType": "uint256[]",
        "name": "reserved",
        "type": "uint256[]"
      },
      {
        "internalType": "bytes32",
        "name": "manifestHash",
        "type": "bytes32"
      },
      {
        "internalType": "string",
        "name": "uri",
        "type": "string"
      }
    ],
    "name": "proposeEpoch",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "callerConfirmation",
        "type": "address"
      }
    ],
    "name": "renounceRole",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "reservedOf",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "bytes32",
        "name": "recordHash",
        "type": "bytes32"
      }
    ],
    "name": "revocationDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "bytes[]",
        "name": "signatures",
        "type": "bytes[]"
      }
    ],
    "name": "revokeEpoch",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "role",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "revokeRole",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes",
        "name": "call_",
        "type": "bytes"
      },
      {
        "internalType": "bytes32",
        "name": "salt",
        "type": "bytes32"
      }
    ],
    "name": "schedule",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "operation",
        "type": "bytes32"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address[]",
        "name": "members",
        "type": "address[]"
      },
      {
        "internalType": "uint8",
        "name": "threshold",
        "type": "uint8"
      }
    ],
    "name": "setAttesters",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "delay_",
        "type": "uint64"
      }
    ],
    "name": "setDelay",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      }
    ],
    "name": "setRecipient",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bool",
        "name": "selfOnly",
        "type": "bool"
      }
    ],
    "name": "setSelfOnly",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "settingsOf",
    "outputs": [
      {
        "internalType": "address",
        "name": "recipient",
        "type": "address"
      },
      {
        "internalType": "bool",
        "name": "selfOnly",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes4",
        "name": "interfaceId",
        "type": "bytes4"
      }
    ],
    "name": "supportsInterface",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "sweepExcess",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "totalsOf",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address[]",
        "name": "tokens",
        "type": "address[]"
      }
    ],
    "name": "unpause",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
      }
    ],
    "name": "vetoEpoch",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  }
] as const

export const tallyDistributorBytecode: `0x${string}` =
  '0x6101a0604052348015610010575f5ffd5b50604051616ba5380380616ba583398101604081905261002f91610a91565b8081826040518060400160405280601081526020016f2a30b6363ca234b9ba3934b13aba37b960811b815250604051806040016040528060018152602001603160f81b8152508561008b8160a0015160016102d460201b60201c565b6100a38160c001518260a001516102d460201b60201c565b60c08101516001600160401b03166080526100be5f30610342565b5080516100ec907fdf8b4c520ffe197c5343c6f5aec59570151ef9a492f2c624fd45ddde6135ec4290610342565b506101217fc4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde0826020015161034260201b60201c565b506101567f8b5b16d04624687fcf0d0228f19993c9157c1ed07b41d8d430fd9100eb099fe8826040015161034260201b60201c565b50610162905082610405565b6101405261016f81610405565b61016052815160208084019190912061010052815190820120610120524660c0526101fd6101005161012051604080517f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f60208201529081019290925260608201524660808201523060a08201525f9060c00160405160208183030381529060405280519060200120905090565b60a05250503060e0526060810151608082015161021a9190610442565b505f5b8160e001515181101561025e576102568260e00151828151811061024357610243610b8c565b602002602001015161061a60201b60201c565b60010161021d565b505060a0810180516001600160401b03908116610180529051600880546001600160401b031916919092169081179091556040519081527fc03c652cce63e6a4eb932e2608f14d717836f14b42a735017b4fbbdc5b5da27e9060200160405180910390a15050600b805460010181555f52610d37565b806001600160401b0316826001600160401b031610806102ff575062278d006001600160401b038316115b1561033e57604051635e4cf25960e11b81526001600160401b0380841660048301528216602482015262278d0060448201526064015b60405180910390fd5b5050565b5f6001600160a01b03821661036a5760405163d92e233d60e01b815260040160405180910390fd5b5f838152602081815260408083206001600160a01b038616845290915290205460ff161561039957505f6103ff565b6001600160a01b03821630148315811415806103b957506103b983610739565b806103c857506103c8836107f9565b156103f1576040516380acee4160e01b81526001600160a01b0384166004820152602401610335565b6103fb84846108a0565b9150505b92915050565b5f5f829050601f8151111561042f578260405163305a27a960e01b81526004016103359190610ba0565b805161043a82610bd5565b179392505050565b815160208111806104555750808260ff16115b1561047f5760405163934a8be360e01b81526004810182905260ff83166024820152604401610335565b5f805b8281101561053a575f85828151811061049d5761049d610b8c565b60200260200101519050826001600160a01b0316816001600160a01b0316116104ec576040516301f1871b60e11b81526001600160a01b03808516600483015282166024820152604401610335565b6001600160a01b038116301480610507575061050781610739565b15610530576040516380acee4160e01b81526001600160a01b0382166004820152602401610335565b9150600101610482565b506040805180820190915260ff848116825260208201868152600480546001810182555f9190915283517f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b6002909202918201805460ff19169190941617835590517f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19c909101906105cb9082610c0f565b506105d7915050610947565b61ffff167f6221429d3eadc41fd3199be0404252796f7b452260f0bbd2680a9f1fc9ce88a1858560405161060c929190610cb8565b60405180910390a250505050565b806001600160a01b03163b5f0361064f576040516322a2d07b60e21b81526001600160a01b0382166004820152602401610335565b6001600160a01b0381165f90815260076020526040902054600160f81b900460ff161561069a576040516309ba754d60e41b81526001600160a01b0382166004820152602401610335565b6040600554036106c1576040805163544843c360e11b815260040161033591815260200190565b6001600160a01b0381165f90815260076020526040812080546001600160f81b0316600160f81b17905560058054600192906106fe908490610d11565b90915550506040516001600160a01b038216907fbeceb48aeaa805aeae57be163cca6249077a18734e408a85aa74e875c4373809905f90a250565b6001600160a01b0381165f9081527fd6a67a9f08abac8717c083e7e7a26f8e24a07ed9b44202ea6abc889a9873e416602052604081205460ff16806107b457506001600160a01b0382165f9081527fc05ec64e211cc9b3f20351aa917dc92f371c52a9ae3566b93bf47db2074b0329602052604090205460ff165b806103ff57506001600160a01b0382165f9081527f5cbfc8ee58ca47855df7bcf648dd304ddb6b932f9b87878bdf6318d7ec7ee5b7602052604090205460ff166103ff565b6004545f90810361080b57505f919050565b600480545f919061081e90600190610d24565b8154811061082e5761082e610b8c565b5f918252602082206001600290920201018054909250905b8181101561089657846001600160a01b031683828154811061086a5761086a610b8c565b5f918252602090912001546001600160a01b03160361088e57506001949350505050565b600101610846565b505f949350505050565b5f828152602081815260408083206001600160a01b038516845290915281205460ff16610940575f838152602081815260408083206001600160a01b03861684529091529020805460ff191660011790556108f83390565b6001600160a01b0316826001600160a01b0316847f2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d60405160405180910390a45060016103ff565b505f6103ff565b6004545f9061095890600190610d24565b905090565b634e487b7160e01b5f52604160045260245ffd5b60405161010081016001600160401b03811182821017156109945761099461095d565b60405290565b604051601f8201601f191681016001600160401b03811182821017156109c2576109c261095d565b604052919050565b80516001600160a01b03811681146109e0575f5ffd5b919050565b5f82601f8301126109f4575f5ffd5b81516001600160401b03811115610a0d57610a0d61095d565b8060051b610a1d6020820161099a565b91825260208185018101929081019086841115610a38575f5ffd5b6020860192505b83831015610a6157610a50836109ca565b825260209283019290910190610a3f565b9695505050505050565b805160ff811681146109e0575f5ffd5b80516001600160401b03811681146109e0575f5ffd5b5f60208284031215610aa1575f5ffd5b81516001600160401b03811115610ab6575f5ffd5b82016101008185031215610ac8575f5ffd5b610ad0610971565b610ad9826109ca565b8152610ae7602083016109ca565b6020820152610af8604083016109ca565b604082015260608201516001600160401b03811115610b15575f5ffd5b610b21868285016109e5565b606083015250610b3360808301610a6b565b6080820152610b4460a08301610a7b565b60a0820152610b5560c08301610a7b565b60c082015260e08201516001600160401b03811115610b72575f5ffd5b610b7e868285016109e5565b60e083015250949350505050565b634e487b7160e01b5f52603260045260245ffd5b602081525f82518060208401528060208501604085015e5f604082850101526040601f19601f83011684010191505092915050565b80516020808301519190811015610bf5575f198160200360031b1b821691505b50919050565b634e487b7160e01b5f52601160045260245ffd5b81516001600160401b03811115610c2857610c2861095d565b68010000000000000000811115610c4157610c4161095d565b815481835580821015610c7557825f528160205f20018282035f5b81811015610c71575f83820155600101610c5c565b5050505b5060208301610c89835f9081526020902090565b5f5b83811015610cb05782516001600160a01b031681830155602090920191600101610c8b565b505050505050565b604080825283519082018190525f9060208501906060840190835b81811015610cfa5783516001600160a01b0316835260209384019390920191600101610cd3565b5050809250505060ff831660208301529392505050565b808201808211156103ff576103ff610bfb565b818103818111156103ff576103ff610bfb565b60805160a05160c05160e0516101005161012051610140516101605161018051615dfb610daa5f395f81816105e8015261194201525f612ceb01525f612cc001525f61423401525f61420c01525f61416701525f61419101525f6141bb01525f81816107720152611df80152615dfb5ff3fe608060405234801561000f575f5ffd5b50600436106103f6575f3560e01c80638a9862e611610216578063cb13cddb1161012a578063e85f4d93116100b4578063f0ff55f711610084578063f0ff55f714610abe578063f45346dc14610ad1578063f47c84c514610ae4578063f8b2043d14610aec578063fc6e936714610b31575f5ffd5b8063e85f4d9314610a5e578063eb8cd77514610a71578063ebf9274914610a98578063efbb01d114610aab575f5ffd5b8063d547741f116100fa578063d547741f146109a9578063d95e67db146109bc578063d9725a7c146109e3578063da77173314610a03578063e1c6472314610a0b575f5ffd5b8063cb13cddb14610964578063cf62ba92146106b1578063cfdd7aea14610983578063d53b960b14610996575f5ffd5b8063ab406eab116101ab578063bf9559c31161017b578063bf9559c3146108dc578063bffa7f0f146108e6578063c10733021461090d578063c4d252f514610920578063c884ef8314610933575f5ffd5b8063ab406eab1461087a578063b53472ef14610884578063babcc53914610897578063beac3b75146108c9575f5ffd5b80639cc73573116101e65780639cc735731461083a578063a217fddf1461084d578063a306582a14610854578063a824034a14610867575f5ffd5b80638a9862e6146108005780638a9d99011461081357806391d148541461081d578063999d55fb14610830575f5ffd5b8063427ad6241161030d578063718a60ee116102a2578063795b176d11610272578063795b176d1461076d5780637e14d4851461079457806384b0196e1461079d57806389cfc47a146107b85780638a512f92146107d9575f5ffd5b8063718a60ee146106b1578063724c184c146106ba5780637840c6e4146106ce578063786bce5e14610721575f5ffd5b80635726c2bb116102dd5780635726c2bb146106575780635abea6fe1461067157806367baf995146106845780636a42b8f81461069e575f5ffd5b8063427ad624146105e357806351aa68131461060a578063544e5b081461061d57806357061d9e14610630575f5ffd5b8063248a9ca31161038e57806332150fbb1161035e57806332150fbb1461057657806336568abe146105a05780633a7c76ed146105b35780633bbed4a0146105c65780634125ff90146105d9575f5ffd5b8063248a9ca3146105125780632a0acc6a146105345780632f2ff15d14610548578063307056901461055b575f5ffd5b806312637f82116103c957806312637f821461045d57806313907efe1461048a5780631d9ca3ad1461049d57806322af11e9146104ea575f5ffd5b806301ffc9a7146103fa57806303821452146104225780630be6cfcb14610437578063124d3fd31461044a575b5f5ffd5b61040d610408366004614c74565b610b44565b60405190151581526020015b60405180910390f35b610435610430366004614ce2565b610b7a565b005b610435610445366004614ce2565b610c99565b610435610458366004614d6d565b610db0565b61047c61046b366004614e02565b60096020525f908152604090205481565b604051908152602001610419565b610435610498366004614e1b565b610f0b565b6104d26104ab366004614e78565b6001600160a01b03165f90815260076020526040902054600160d81b900463ffffffff1690565b6040516001600160401b039091168152602001610419565b6104d26104f8366004614e91565b60016020525f90815260409020546001600160401b031681565b61047c610520366004614e91565b5f9081526020819052604090206001015490565b61047c5f516020615ddb5f395f51905f5281565b610435610556366004614ea8565b611057565b61056361107b565b60405161ffff9091168152602001610419565b61047c610584366004614ed2565b600c60209081525f928352604080842090915290825290205481565b6104356105ae366004614ea8565b611091565b6104356105c1366004614efa565b6110c9565b6104356105d4366004614e78565b61112d565b6104d262278d0081565b6104d27f000000000000000000000000000000000000000000000000000000000000000081565b610435610618366004614e02565b6111bc565b61047c61062b366004614f2c565b6112a8565b61047c7fff2872dbf2b5c0a7700108d3356e21e47bdaacb4a14052cd35223d46b121b42d81565b6008546104d290600160401b90046001600160401b031681565b61047c61067f366004614f66565b611325565b6008546104d290600160801b90046001600160401b031681565b6008546104d2906001600160401b031681565b61047c61010081565b61047c5f516020615dbb5f395f51905f5281565b61047c6106dc366004614f8f565b6001600160401b0382165f908152600a602090815260408083206001600160a01b0385168452600601909152902054600160801b90046001600160801b031692915050565b61047c61072f366004614f8f565b6001600160401b0382165f908152600a602090815260408083206001600160a01b03851684526006019091529020546001600160801b031692915050565b6104d27f000000000000000000000000000000000000000000000000000000000000000081565b61047c60055481565b6107a5611396565b6040516104199796959493929190614fd7565b6107cb6107c636600461506d565b6113d8565b6040516104199291906150d1565b61047c7fd0cbd9f8de648ed5e550d41d6037dac7457f774bbc6f5fb76dcf60274b7083ea81565b61047c61080e3660046150f5565b61148c565b6104d26201518081565b61040d61082b366004614ea8565b611514565b6104d262093a8081565b610435610848366004615136565b61153c565b61047c5f81565b610435610862366004615342565b611794565b610435610875366004615445565b611831565b6104d26212750081565b610435610892366004614e78565b6118a0565b61040d6108a5366004614e78565b6001600160a01b03165f90815260076020526040902054600160f81b900460ff1690565b61047c6108d73660046154be565b6118cc565b6104d262ffffff81565b61047c7fc4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde081565b61043561091b366004614e02565b61191c565b61043561092e366004614e91565b6119bb565b61047c610941366004614e78565b6001600160a01b03165f908152600760205260409020546001600160601b031690565b61047c610972366004614e78565b60066020525f908152604090205481565b610435610991366004614e91565b611a58565b6104356109a43660046154e6565b611a62565b6104356109b7366004614ea8565b611c36565b61047c7f7dd31cc6ca9be0ee57ac5a29064714c1a75056f969be7799412abcaacc0ca8db81565b6109f66109f1366004614e02565b611c5a565b604051610419919061564c565b61047c602081565b610a3f610a19366004614e78565b600d6020525f90815260409020546001600160a01b03811690600160a01b900460ff1682565b604080516001600160a01b039093168352901515602083015201610419565b61047c610a6c366004614e1b565b611d74565b61047c7f907d4378e4c18855f9e1d40788303dc8e15cf278c3d0f53fc1846bce0248983d81565b61047c610aa6366004615701565b611e90565b610435610ab93660046154e6565b611ee8565b610435610acc36600461584a565b6120dc565b610435610adf3660046158a1565b612139565b61047c604081565b61040d610afa3660046158d1565b6001600160a01b0382165f908152600e60209081526040808320600885901c8452909152902054600160ff83161b16151592915050565b610435610b3f366004614ed2565b6123ec565b5f6001600160e01b03198216637965db0b60e01b1480610b7457506301ffc9a760e01b6001600160e01b03198316145b92915050565b5f516020615dbb5f395f51905f52610b918161259c565b5f5b82811015610c93575f60075f868685818110610bb157610bb16158eb565b9050602002016020810190610bc69190614e78565b6001600160a01b0316815260208101919091526040015f20805490915042600160d81b90910463ffffffff1611610bfd5750610c8b565b805463ffffffff60d81b1916600160d81b4263ffffffff1602178155848483818110610c2b57610c2b6158eb565b9050602002016020810190610c409190614e78565b6040516001600160401b03421681526001600160a01b0391909116907f5a58bdb1f5fcce0aff4fced2e5831a7ca2f50ba6e5853b78252a957a28a57ba69060200160405180910390a2505b600101610b93565b50505050565b610ca16125a6565b610100811115610cd457604051633d155e0b60e01b81526004810182905261010060248201526044015b60405180910390fd5b5f5b81811015610da35736838383818110610cf157610cf16158eb565b9050602002810190610d0391906158ff565b90505f610d0f826125dd565b805190915015610d9957610d266020830183614e02565b6001600160401b0316610d3f6060840160408501614e78565b6001600160a01b0316610d586040850160208601614e78565b6001600160a01b03167f70faa54b8d7743c97ca70b5935b643c26085707eab67928a3aeb57c6f8dcd32b84604051610d90919061591d565b60405180910390a45b5050600101610cd6565b50610dac612851565b5050565b610db86125a6565b5f80610dca6040870160208801614e78565b610dda6060880160408901614e78565b90925090505f610ded6020870187614e78565b90508560600135421115610e1a5760405163cd21db4f60e01b815260608701356004820152602401610ccb565b6001600160a01b0381161580610e3857506001600160a01b03811630145b15610e6157604051630bc2c5df60e11b81526001600160a01b0382166004820152602401610ccb565b610e6f83876040013561287b565b610e8583610e7e85858a61148c565b8787612940565b610ead57604051633615713d60e21b81526001600160a01b0384166004820152602401610ccb565b610ede610ed9610ec060208a018a614e02565b858560608c0135610ed460808e018e61592f565b6129ae565b612ab0565b610f00610eee6020890189614e02565b84848a60600135858b60200135612ac3565b505050610c93612851565b5f516020615ddb5f395f51905f52610f228161259c565b5f848484604051602001610f389392919061599c565b60408051601f1981840301815291815281516020928301205f81815260019093529120549091506001600160401b0316801580610f7d5750806001600160401b031642105b80610f9c5750610f9062127500826159d3565b6001600160401b031642115b15610fcc5760405163cfc45ec360e01b8152600481018390526001600160401b0382166024820152604401610ccb565b5f82815260016020526040808220805467ffffffffffffffff191690555183917f1277662f4b42b8a4069e99fb5e41ce8919d3c621156090ac08fb11adbcec66f991a261104e3087878080601f0160208091040260200160405190810160405280939291908181526020018383808284375f92019190915250612b7092505050565b50505050505050565b5f828152602081905260409020600101546110718161259c565b610c938383612b7d565b6004545f9061108c906001906159f2565b905090565b6001600160a01b03811633146110ba5760405163334bd91960e11b815260040160405180910390fd5b6110c48282612c1d565b505050565b335f818152600d6020526040908190208054841515600160a01b0260ff60a01b19909116179055517f7e2096005b21aa81d63c328ef4c233be94646284d273a8dddd64e5b5a46c36b69061112290841515815260200190565b60405180910390a250565b306001600160a01b0382160361116157604051630bc2c5df60e11b81526001600160a01b0382166004820152602401610ccb565b335f818152600d602090815260409182902080546001600160a01b0319166001600160a01b03861690811790915591519182527fc1416b5cdab50a9fbc872236e1aa54566c6deb40024e63a4b1737ecacf09d6f99101611122565b5f516020615dbb5f395f51905f526111d38161259c565b6001600160401b0382165f908152600a602052604090206001600482810154600160f81b900460ff169081111561120c5761120c615638565b14611235576040516377de214d60e01b81526001600160401b0384166004820152602401610ccb565b600481018054600360f81b6001600160f81b03909116179081905560038201546040513381529091600160b01b900463ffffffff16906001600160401b038616907f42d5d099eb21e6953586171eee6a0a30887ed10d513d579a5fefadf9627878439060200160405180910390a4505050565b604080517fd0cbd9f8de648ed5e550d41d6037dac7457f774bbc6f5fb76dcf60274b7083ea60208201526001600160401b0385169181019190915263ffffffff83166060820152608081018290525f9061131b9060a0015b60405160208183030381529060405280519060200120612c8d565b90505b9392505050565b6040805146602082015230918101919091526001600160a01b0380851660608301528316608082015260a081018290525f9060c00160408051601f19818403018152828252805160209182012090830152016040516020818303038152906040528051906020012090509392505050565b5f6060805f5f5f60606113a7612cb9565b6113af612ce4565b604080515f80825260208201909252600f60f81b9b939a50919850469750309650945092509050565b60605f60048361ffff16815481106113f2576113f26158eb565b905f5260205f20906002020160010160048461ffff1681548110611418576114186158eb565b5f918252602091829020600290910201548254604080518285028101850190915281815260ff9092169284919083018282801561147c57602002820191905f5260205f20905b81546001600160a01b0316815260019091019060200180831161145e575b5050505050915091509150915091565b5f61131b7f907d4378e4c18855f9e1d40788303dc8e15cf278c3d0f53fc1846bce0248983d85856114c06020870187614e78565b604080516020818101969096526001600160a01b03948516818301529284166060848101919091529390911660808301529286013560a08201529185013560c083015284013560e082015261010001611300565b5f918252602082815260408084206001600160a01b0393909316845291905290205460ff1690565b5f516020615dbb5f395f51905f526115538161259c565b5f61156162093a80426159d3565b905042836001600160401b031611158061158c5750806001600160401b0316836001600160401b0316115b156115bd576040516331367ef360e11b81526001600160401b03808516600483015282166024820152604401610ccb565b5f5b8481101561178c575f60075f8888858181106115dd576115dd6158eb565b90506020020160208101906115f29190614e78565b6001600160a01b0316815260208101919091526040015f208054909150600160f81b900460ff166116695786868381811061162f5761162f6158eb565b90506020020160208101906116449190614e78565b60405163094403b760e41b81526001600160a01b039091166004820152602401610ccb565b80545f90611688906201518090600160d81b900463ffffffff166159d3565b9050806001600160401b03164210156116f6578787848181106116ad576116ad6158eb565b90506020020160208101906116c29190614e78565b60405163462eb1bf60e01b81526001600160a01b0390911660048201526001600160401b0382166024820152604401610ccb565b815463ffffffff60d81b1916600160d81b63ffffffff881602178255878784818110611724576117246158eb565b90506020020160208101906117399190614e78565b6040516001600160401b03881681526001600160a01b0391909116907f5a58bdb1f5fcce0aff4fced2e5831a7ca2f50ba6e5853b78252a957a28a57ba69060200160405180910390a250506001016115bf565b505050505050565b7fc4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde06117be8161259c565b6118246040518061014001604052808d6001600160401b031681526020018c63ffffffff1681526020018b81526020018a6001600160401b0316815260200189815260200188815260200187815260200186815260200185815260200184815250612d0f565b5050505050505050505050565b6118396125a6565b5f6118448633612f26565b90506001600160a01b03811661187857604051633562c10360e21b81526001600160a01b0387166004820152602401610ccb565b611889610ed98888888888886129ae565b61189787878787855f612ac3565b5061178c612851565b3330146118c05760405163b9ead4eb60e01b815260040160405180910390fd5b6118c981612faf565b50565b604080517fff2872dbf2b5c0a7700108d3356e21e47bdaacb4a14052cd35223d46b121b42d60208201526001600160401b03841691810191909152606081018290525f9061131e90608001611300565b33301461193c5760405163b9ead4eb60e01b815260040160405180910390fd5b611966817f00000000000000000000000000000000000000000000000000000000000000006130ce565b6008805467ffffffffffffffff19166001600160401b0383169081179091556040519081527fc03c652cce63e6a4eb932e2608f14d717836f14b42a735017b4fbbdc5b5da27e9060200160405180910390a150565b5f516020615ddb5f395f51905f526119d28161259c565b5f828152600160205260408120546001600160401b03169003611a115760405163cfc45ec360e01b8152600481018390525f6024820152604401610ccb565b5f82815260016020526040808220805467ffffffffffffffff191690555183917fcf0f63b97f3387253cbc0bde884f975df77e39184dc3280c2c81be495f58eef491a25050565b6118c9338261287b565b5f516020615dbb5f395f51905f52611a798161259c565b6001600160401b0384165f908152600a602052604090206002600482810154600160f81b900460ff1690811115611ab257611ab2615638565b14611adb57604051633de5f9a960e11b81526001600160401b0386166004820152602401610ccb565b611afb611ae661107b565b611af48784600301546118cc565b8686613133565b6004810180546001600160f81b0316600160fa1b1790556001600160401b0385165f908152600960205260408120819055611b37600187615a05565b90505b5f816001600160401b0316118015611b88575060046001600160401b0382165f908152600a60205260409020600490810154600160f81b900460ff1690811115611b8657611b86615638565b145b15611b9f5780611b9781615a24565b915050611b3a565b6008546001600160401b03808816600160801b9092041603611be1576008805467ffffffffffffffff60801b1916600160801b6001600160401b038416021790555b611beb868261329f565b60038201546040513381526001600160401b038816907fe3c567f22c0dcea46dccbe12fdb2a8c5472c72db32956f6409a1160be60fdca29060200160405180910390a3505050505050565b5f82815260208190526040902060010154611c508161259c565b610c938383612c1d565b611c62614bcb565b6001600160401b0382165f908152600a602090815260409091206004808201549192840191600160f81b900460ff1690811115611ca157611ca1615638565b90816004811115611cb457611cb4615638565b9052505f82602001516004811115611cce57611cce615638565b03611cd95750919050565b600a5f611ce7600186615a05565b6001600160401b03168152602081019190915260409081015f20600390810154918401919091528101546060830152600481015464ffffffffff600160401b82048116608085015263ffffffff600160901b83041660a0850152600160681b82041660c084015261ffff600160e81b9091041660e08301528151611d6e908290859061343e565b50919050565b5f5f516020615ddb5f395f51905f52611d8c8161259c565b848484604051602001611da19392919061599c565b60408051601f1981840301815291815281516020928301205f81815260019093529120549092506001600160401b031615611df257604051631cb1ca1560e31b815260048101839052602401610ccb565b5f611e1d7f0000000000000000000000000000000000000000000000000000000000000000426159d3565b5f8481526001602052604090819020805467ffffffffffffffff19166001600160401b0384161790555190915083907fb8634ade7c7e4f9f11a0fa4bac117ba2a5c62d3dd39c54246c7d50795b79738990611e7f908990899089908790615a45565b60405180910390a250509392505050565b5f7f7dd31cc6ca9be0ee57ac5a29064714c1a75056f969be7799412abcaacc0ca8db46308585604051602001611eca959493929190615a78565b60405160208183030381529060405280519060200120905092915050565b6001600160401b0383165f908152600a602052604090206001600482810154600160f81b900460ff1690811115611f2157611f21615638565b14611f4a576040516377de214d60e01b81526001600160401b0385166004820152602401610ccb565b60048101545f90611f7690600160901b810463ffffffff1690600160401b900464ffffffffff166159d3565b9050806001600160401b0316421015611fb55760405163cb6c86dd60e01b81526001600160401b03808716600483015282166024820152604401610ccb565b60038201546004830154600160b01b810463ffffffff1690611fee90600160e81b900461ffff16611fe78984866112a8565b8888613133565b600484018054600160f91b7effffffffffffffffffffffffff0000000000ffffffffffffffffffffffffff909116600160681b4264ffffffffff1602171790556008805477ffffffffffffffffffffffffffffffff00000000000000001916600160401b6001600160401b038a1690810267ffffffffffffffff60801b191691909117600160801b82021790915560018501545f82815260096020908152604091829020839055815183815291519293869363ffffffff87169391927f19048930c3799b7ec1540b3808c5e94e7038b8f306d529797d606c88f46f420f928290030190a45050505050505050565b3330146120fc5760405163b9ead4eb60e01b815260040160405180910390fd5b6110c48383808060200260200160405190810160405280939291908181526020018383602002808284375f920191909152508592506136ee915050565b6121416125a6565b6001600160a01b0381166121685760405163d92e233d60e01b815260040160405180910390fd5b6001600160a01b0383165f9081526007602052604090208054600160f81b900460ff166121b35760405163094403b760e41b81526001600160a01b0385166004820152602401610ccb565b8054600160d81b900463ffffffff164210156122025780546040516302bab43960e01b81526001600160a01b0386166004820152600160d81b90910463ffffffff166024820152604401610ccb565b6040516370a0823160e01b81523060048201525f906001600160a01b038616906370a0823190602401602060405180830381865afa158015612246573d5f5f3e3d5ffd5b505050506040513d601f19601f8201168201806040525081019061226a9190615ab5565b90506122816001600160a01b0386163330876138b7565b6040516370a0823160e01b81523060048201525f906001600160a01b038716906370a0823190602401602060405180830381865afa1580156122c5573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906122e99190615ab5565b90508181116123165760405163179b264d60e01b81526001600160a01b0387166004820152602401610ccb565b5f61232183836159f2565b6001600160a01b0388165f9081526006602052604090205490915061234d816001600160601b036159f2565b82111561237f5760405163d1a038a160e01b81526001600160a01b038916600482015260248101829052604401610ccb565b6123898282615acc565b6001600160a01b038981165f818152600660209081526040918290209490945551858152339391928a16917f4174a9435a04d04d274c76779cad136a41fde6937c56241c09ab9d3c7064a1a9910160405180910390a450505050506110c4612851565b33301461240c5760405163b9ead4eb60e01b815260040160405180910390fd5b6124146125a6565b6001600160a01b038116158061243257506001600160a01b03811630145b1561245b57604051630bc2c5df60e11b81526001600160a01b0382166004820152602401610ccb565b6001600160a01b0382165f908152600760209081526040808320546006909252822054612491916001600160601b0316906159f2565b6040516370a0823160e01b81523060048201529091505f906001600160a01b038516906370a0823190602401602060405180830381865afa1580156124d8573d5f5f3e3d5ffd5b505050506040513d601f19601f820116820180604052508101906124fc9190615ab5565b905081811161252957604051630180603d60e01b81526001600160a01b0385166004820152602401610ccb565b6001600160a01b038084169085167fb3c71476dfd272eb50cc448234b60ee937ab332f54e7eaab71159ca6eb67744061256285856159f2565b60405190815260200160405180910390a36125928361258184846159f2565b6001600160a01b03871691906138ed565b5050610dac612851565b6118c98133613922565b6125ae61395b565b6125db60017f9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f005b9061399b565b565b60605f8080806125f06020870187614e02565b6126006040880160208901614e78565b6126106060890160408a01614e78565b886060013593509350935093505f6126288433612f26565b90506001600160a01b038116612686575050604080516001600160a01b03939093166024808501919091528151808503909101815260449093019052506020810180516001600160e01b0316633562c10360e21b1790529392505050565b61269a85858585610ed460808d018d61592f565b8051909650156126ae575050505050919050565b5f6126bc868686865f6139a2565b8051909850909150156126d457505050505050919050565b6126e86001600160a01b0385168383613dfc565b1561276b57856001600160401b0316846001600160a01b0316866001600160a01b03167f62a97009cb8fa05b09d0fc03c236175a4f2e2b08ae6fc536fea914ada45683558487876040516127589392919092835260208301919091526001600160a01b0316604082015260600190565b60405180910390a4505050505050919050565b6001600160a01b038086165f908152600c60209081526040808320938816835292905290812080548392906127a19084906159f2565b90915550506001600160a01b0384165f90815260076020526040812080548392906127d69084906001600160601b0316615adf565b82546101009290920a6001600160601b038181021990931691909216919091021790555050604080516001600160a01b03948516602482015291909316604480830191909152835180830390910181526064909101909252506020810180516001600160e01b031663291e1d5560e11b179052949350505050565b6125db5f7f9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f006125d5565b6001600160a01b0382165f908152600e60209081526040808320600885901c8452909152902054600160ff83161b90808216156128dd5760405163e71ace3760e01b81526001600160a01b038516600482015260248101849052604401610ccb565b6001600160a01b0384165f818152600e60209081526040808320600888901c8452825291829020858517905590518581527f8d7d3ad841a35661c3ba5f8abc9d0a9e615a0c26636208d0a641f05b091431a391015b60405180910390a250505050565b5f5f5f61294e868686613e09565b5090925090505f81600381111561296757612967615638565b1480156129855750866001600160a01b0316826001600160a01b0316145b15612995576001925050506129a6565b6129a187878787613e50565b925050505b949350505050565b6001600160401b0386165f908152600960205260408120546060916129d4888888611325565b9050816129e2868684613eba565b036129ee575050612aa6565b60026001600160401b038a165f908152600a60205260409020600490810154600160f81b900460ff1690811115612a2757612a27615638565b14612a78575050604080516001600160401b0389166024808301919091528251808303909101815260449091019091526020810180516001600160e01b0316633de5f9a960e11b1790529050612aa6565b50506040805160048152602481019091526020810180516001600160e01b03166309bde33960e01b17905290505b9695505050505050565b80515f03612abb5750565b805160208201fd5b5f5f612ad288888888876139a2565b91509150612adf81612ab0565b876001600160401b0316866001600160a01b0316886001600160a01b03167f62a97009cb8fa05b09d0fc03c236175a4f2e2b08ae6fc536fea914ada4568355858989604051612b4a9392919092835260208301919091526001600160a01b0316604082015260600190565b60405180910390a4612b666001600160a01b03871685846138ed565b5050505050505050565b606061131e83835f613efb565b5f6001600160a01b038216612ba55760405163d92e233d60e01b815260040160405180910390fd5b612baf8383611514565b15612bbb57505f610b74565b6001600160a01b0382163014831581141580612bdb5750612bdb83613fc7565b80612bea5750612bea8361402c565b15612c13576040516380acee4160e01b81526001600160a01b0384166004820152602401610ccb565b6129a684846140d3565b5f612c288383611514565b15612c86575f838152602081815260408083206001600160a01b0386168085529252808320805460ff1916905551339286917ff6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b9190a4506001610b74565b505f610b74565b5f610b74612c9961415b565b8360405161190160f01b8152600281019290925260228201526042902090565b606061108c7f0000000000000000000000000000000000000000000000000000000000000000614284565b606061108c7f0000000000000000000000000000000000000000000000000000000000000000614284565b80516001600160401b039081165f908152600a6020526040808220600854600160801b900490931682529020612d468382846142c1565b6003600483810154600160f81b900460ff1690811115612d6857612d68615638565b03612d7657612d7682614510565b5f612d82848385614591565b600854600160401b90046001600160401b03165f908152600a6020526040812060030154919250612db38287611e90565b6008546040880151875560808801516001880155610100880151600288015560038701829055606088015160048801805460208b01516001600160401b039384166cffffffffffffffffffffffffff1990921691909117600160401b4264ffffffffff16021767ffffffffffffffff60901b1916600160901b63ffffffff8087169190910263ffffffff60b01b191691909117600160b01b91909216021762ffffff60d01b1916600160d01b62ffffff89160217905591925016612e7561107b565b60048701805461ffff92909216600160e81b026001600160f81b03166001600160e81b0390921691909117600160f81b1790556101208701516005870190612ebd9082615b86565b5060208701518751839163ffffffff16906001600160401b03167f1991e9053a5a20e0176dce972279a4c088be42aeca9e8f5ceb6105f13c899f07868b33612f0588426159d3565b604051612f159493929190615c40565b60405180910390a450505050505050565b6001600160a01b038281165f908152600d602090815260408083208151808301909252549384168152600160a01b90930460ff16158015918401829052919291612f825750836001600160a01b0316836001600160a01b031614155b15612f90575f915050610b74565b80516001600160a01b031615612fa75780516129a6565b509192915050565b806001600160a01b03163b5f03612fe4576040516322a2d07b60e21b81526001600160a01b0382166004820152602401610ccb565b6001600160a01b0381165f90815260076020526040902054600160f81b900460ff161561302f576040516309ba754d60e41b81526001600160a01b0382166004820152602401610ccb565b604060055403613056576040805163544843c360e11b8152600401610ccb91815260200190565b6001600160a01b0381165f90815260076020526040812080546001600160f81b0316600160f81b1790556005805460019290613093908490615acc565b90915550506040516001600160a01b038216907fbeceb48aeaa805aeae57be163cca6249077a18734e408a85aa74e875c4373809905f90a250565b806001600160401b0316826001600160401b031610806130f9575062278d006001600160401b038316115b15610dac57604051635e4cf25960e11b81526001600160401b0380841660048301528216602482015262278d006044820152606401610ccb565b5f60048561ffff168154811061314b5761314b6158eb565b5f9182526020909120600290910201805490915060ff16821015613191578054604051634ecc979d60e01b815260ff909116600482015260248101839052604401610ccb565b60018101545f805b84811015612b66575f5f6131d0898989868181106131b9576131b96158eb565b90506020028101906131cb9190615c82565b613e09565b5090925090505f8160038111156131e9576131e9615638565b1461320a57604051636ce6f56360e11b815260048101849052602401610ccb565b848410801561324a5750816001600160a01b0316866001018581548110613233576132336158eb565b5f918252602090912001546001600160a01b031614155b15613261578361325981615cc4565b94505061320a565b84840361328457604051636ce6f56360e11b815260048101849052602401610ccb565b8361328e81615cc4565b945050600190920191506131999050565b6001600160401b0382165f908152600a6020526040812060040154600b80549091600160d01b900462ffffff169081106132db576132db6158eb565b5f91825260208220018054909250905b81811015613437575f60075f858481548110613309576133096158eb565b5f9182526020808320909101546001600160a01b031683528201929092526040019020805490915062ffffff600160c01b909104166001600160401b03871614613353575061342f565b5f600a5f876001600160401b03166001600160401b031681526020019081526020015f206006015f86858154811061338d5761338d6158eb565b5f918252602080832091909101546001600160a01b0316835282810193909352604091820190208151808301909252546001600160801b03808216808452600160801b90920416928201839052845462ffffff60c01b1916600160c01b62ffffff8b16021785559092506134019190615cdc565b82546001600160601b0391909116600160601b026bffffffffffffffffffffffff60601b1990911617909155505b6001016132eb565b5050505050565b6001600160401b0382811682526004840154600160b01b810463ffffffff16602084015284546040840152908116606083015260018401546080830152600b80549091600160d01b900462ffffff1690811061349c5761349c6158eb565b905f5260205f20018054806020026020016040519081016040528092919081815260200182805480156134f657602002820191905f5260205f20905b81546001600160a01b031681526001909101906020018083116134d8575b5050505060a083018290525051806001600160401b0381111561351b5761351b61517c565b604051908082528060200260200182016040528015613544578160200160208202803683370190505b5060c0830152806001600160401b038111156135625761356261517c565b60405190808252806020026020018201604052801561358b578160200160208202803683370190505b5060e08301525f5b8181101561364b575f856006015f8560a0015184815181106135b7576135b76158eb565b6020908102919091018101516001600160a01b031682528101919091526040015f20805460c086015180519293506001600160801b039091169184908110613601576136016158eb565b6020908102919091010152805460e08501518051600160801b9092046001600160801b03169184908110613637576136376158eb565b602090810291909101015250600101613593565b50600284015461010083015260058401805461366690615afe565b80601f016020809104026020016040519081016040528092919081815260200182805461369290615afe565b80156136dd5780601f106136b4576101008083540402835291602001916136dd565b820191905f5260205f20905b8154815290600101906020018083116136c057829003601f168201915b505050506101209093015250505050565b815160208111806137015750808260ff16115b1561372b5760405163934a8be360e01b81526004810182905260ff83166024820152604401610ccb565b5f805b828110156137e6575f858281518110613749576137496158eb565b60200260200101519050826001600160a01b0316816001600160a01b031611613798576040516301f1871b60e11b81526001600160a01b03808516600483015282166024820152604401610ccb565b6001600160a01b0381163014806137b357506137b381613fc7565b156137dc576040516380acee4160e01b81526001600160a01b0382166004820152602401610ccb565b915060010161372e565b506040805180820190915260ff848116825260208201868152600480546001810182555f9190915283517f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b6002909202918201805460ff19169190941617835590517f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19c909101906138779082615cfb565b50505061388261107b565b61ffff167f6221429d3eadc41fd3199be0404252796f7b452260f0bbd2680a9f1fc9ce88a185856040516129329291906150d1565b6138c5848484846001614811565b610c9357604051635274afe760e01b81526001600160a01b0385166004820152602401610ccb565b6138fa838383600161487e565b6110c457604051635274afe760e01b81526001600160a01b0384166004820152602401610ccb565b61392c8282611514565b610dac5760405163e2517d3f60e01b81526001600160a01b038216600482015260248101839052604401610ccb565b7f9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f005c156125db57604051633ee5aeb560e01b815260040160405180910390fd5b80825d5050565b6001600160a01b0383165f908152600760209081526040808320815160a08101835290546001600160601b038082168352600160601b82041693820193909352600160c01b830462ffffff1691810191909152600160d81b820463ffffffff166060808301829052600160f81b90930460ff1615156080830152421015613a805760600151604080516001600160a01b038816602482015263ffffffff90921660448084019190915281518084039091018152606490920190526020810180516001600160e01b03166302bab43960e01b1790525f92509050613df2565b6001600160a01b038088165f908152600c60209081526040808320938a1683529290522054808611613b21576040516001600160a01b03808a1660248301528816604482015260648101879052608481018290525f9063069d62a760e51b9060a4015b604051602081830303815290604052906001600160e01b0319166020820180516001600160e01b038381831617835250505050935093505050613df2565b613b2b81876159f2565b935084841015613b595760405160248101859052604481018690525f9063bd49034f60e01b90606401613ae3565b816040015162ffffff16896001600160401b03161115613c7f576001600160401b0389165f908152600a602090815260408083206001600160a01b038b16808552600691820184528285208351808501855290546001600160801b038082168352600160801b9091048116828701529186529190935292205482519091161115613c5357516001600160a01b0388165f81815260066020908152604080832054815160248101959095526001600160801b03909516604485015260648085019590955280518085039095018552608490930190925290820180516001600160e01b031663f589588b60e01b17905294509250613df2915050565b62ffffff8a16604084015260208101518151613c6f9190615cdc565b6001600160601b03166020840152505b815f01516001600160601b031682602001516001600160601b03161080613cbe575081516020830151613cb29190615adf565b6001600160601b031684115b15613d0d57815160208301516040516001600160a01b038a1660248201526001600160601b03928316604482015260648101879052911660848201525f9063d2c9da6560e01b9060a401613ae3565b83825f01818151613d1e9190615d7f565b6001600160601b039081169091526001600160a01b03808a165f81815260076020908152604080832089518154848c0151848d015160608e01516080909e01511515600160f81b026001600160f81b0363ffffffff909f16600160d81b0263ffffffff60d81b1962ffffff909316600160c01b029290921666ffffffffffffff60c01b19938d16600160601b026001600160c01b031990951695909c1694909417929092171698909817979097179990991695909517909755918c168252600c865282822090825290945290922086905550505b9550959350505050565b5f61131b8484845f61487e565b5f80806041849003613e3d578435602086013560408701355f1a613e2f898285856148e0565b955095509550505050613e47565b505f915060029050825b93509350939050565b60408051630b135d3f60e11b808252600482018690526024820192909252604481018390525f91908390818660648301375f82606483010152601f820160051c60051b915060205f60648401838b5afa9050825f5114601f3d111681169350505050949350505050565b5f81815b84811015613ef257613ee882878784818110613edc57613edc6158eb565b905060200201356149a8565b9150600101613ebe565b50949350505050565b606081471015613f275760405163cf47918160e01b815247600482015260248101839052604401610ccb565b5f613f338584866149d4565b9050808015613f5457505f3d1180613f5457505f856001600160a01b03163b115b15613f6957613f616149e9565b91505061131e565b8015613f9357604051639996b31560e01b81526001600160a01b0386166004820152602401610ccb565b3d15613fa657613fa1614a02565b613fbf565b60405163d6bda27560e01b815260040160405180910390fd5b509392505050565b5f613ff27fc4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde083611514565b8061400f575061400f5f516020615dbb5f395f51905f5283611514565b80610b745750610b745f516020615ddb5f395f51905f5283611514565b6004545f90810361403e57505f919050565b600480545f9190614051906001906159f2565b81548110614061576140616158eb565b5f918252602082206001600290920201018054909250905b818110156140c957846001600160a01b031683828154811061409d5761409d6158eb565b5f918252602090912001546001600160a01b0316036140c157506001949350505050565b600101614079565b505f949350505050565b5f6140de8383611514565b612c86575f838152602081815260408083206001600160a01b03861684529091529020805460ff191660011790556141133390565b6001600160a01b0316826001600160a01b0316847f2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d60405160405180910390a4506001610b74565b5f306001600160a01b037f0000000000000000000000000000000000000000000000000000000000000000161480156141b357507f000000000000000000000000000000000000000000000000000000000000000046145b156141dd57507f000000000000000000000000000000000000000000000000000000000000000090565b61108c604080517f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f60208201527f0000000000000000000000000000000000000000000000000000000000000000918101919091527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a08201525f9060c00160405160208183030381529060405280519060200120905090565b60605f61429083614a0d565b6040805160208082528183019092529192505f91906020820181803683375050509182525060208101929092525090565b6008545f906142e190600160401b90046001600160401b031660016159d3565b9050806001600160401b0316845f01516001600160401b0316141580614312575062ffffff6001600160401b038216115b15614346578351604051633e481fd360e01b81526001600160401b0380841660048301529091166024820152604401610ccb565b6001600483810154600160f81b900460ff169081111561436857614368615638565b0361439457835160405163e49ad54d60e01b81526001600160401b039091166004820152602401610ccb565b60048201545f906143b390600160b01b900463ffffffff166001615d9e565b90508063ffffffff16856020015163ffffffff16146143fb57602085015160405163de8ec99f60e01b815263ffffffff80841660048301529091166024820152604401610ccb565b6040850151158061440f5750610100850151155b1561442d5760405163f1ae58d560e01b815260040160405180910390fd5b600484015460608601516001600160401b039182169116101561448257600484810154606087015160405163166891e560e01b81526001600160401b0392831693810193909352166024820152604401610ccb565b610120850151516101008111156144b75760405163a99e90bb60e01b8152600481018290526101006024820152604401610ccb565b60a08601515160c087015151811415806144d65750808760e001515114155b1561104e5760c08701515160e088015151604051638ee979f560e01b81526004810184905260248101929092526044820152606401610ccb565b6004810154600b80545f92600160d01b900462ffffff16908110614536576145366158eb565b5f91825260208220018054909250905b81811015610c9357836006015f848381548110614565576145656158eb565b5f9182526020808320909101546001600160a01b03168352820192909252604001812055600101614546565b5f5f600b84600401601a9054906101000a900462ffffff1662ffffff16815481106145be576145be6158eb565b5f9182526020822001805460a0880151519193509180805b83811015614743575f8a60a0015182815181106145f5576145f56158eb565b60200260200101519050826001600160a01b0316816001600160a01b03161161464457604051636d4a8c4160e11b81526001600160a01b03808516600483015282166024820152604401610ccb565b85841080156146805750806001600160a01b031687858154811061466a5761466a6158eb565b5f918252602090912001546001600160a01b0316145b15614693578361468f81615cc4565b9450505b6146fd818c60c0015184815181106146ad576146ad6158eb565b60200260200101518d60e0015185815181106146cb576146cb6158eb565b60200260200101518d6006015f866001600160a01b03166001600160a01b031681526020019081526020015f20614a34565b6001600160a01b0382165f90815260068b0160209081526040909120825192909101516001600160801b03908116600160801b02921691909117905591506001016145d6565b508382101561478e5784828154811061475e5761475e6158eb565b5f9182526020909120015460405163531cca0160e11b81526001600160a01b039091166004820152602401610ccb565b8383036147b357505050506004840154600160d01b900462ffffff16915061131e9050565b60a0890151600b80546001810182555f919091527f0175b7a638427703f0dbe7bb9bbf987a2551717b34e79f33b5b1008d1fa01db901906147f49082615cfb565b50600b54614804906001906159f2565b9998505050505050505050565b6040516323b872dd60e01b5f8181526001600160a01b038781166004528616602452604485905291602083606481808c5af1925060015f5114831661486d578383151615614861573d5f823e3d81fd5b5f883b113d1516831692505b604052505f60605295945050505050565b60405163a9059cbb60e01b5f8181526001600160a01b038616600452602485905291602083604481808b5af1925060015f511483166148d45783831516156148c8573d5f823e3d81fd5b5f873b113d1516831692505b60405250949350505050565b5f80807f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a084111561491957505f9150600390508261499e565b604080515f808252602082018084528a905260ff891692820192909252606081018790526080810186905260019060a0016020604051602081039080840390855afa15801561496a573d5f5f3e3d5ffd5b5050604051601f1901519150506001600160a01b03811661499557505f92506001915082905061499e565b92505f91508190505b9450945094915050565b5f8183106149c2575f82815260208490526040902061131e565b5f83815260208390526040902061131e565b5f5f5f83516020850186885af1949350505050565b6040513d81523d5f602083013e3d602001810160405290565b6040513d5f823e3d81fd5b5f60ff8216601f811115610b7457604051632cd44ac360e21b815260040160405180910390fd5b604080518082019091525f80825260208201526001600160a01b0385165f9081526007602052604090208054600160f81b900460ff16614a925760405163094403b760e41b81526001600160a01b0387166004820152602401610ccb565b6001600160801b03851115614acc57604051631f2b6efb60e01b81526001600160a01b038716600482015260248101869052604401610ccb565b84841115614b0657604051634587e7b960e01b81526001600160a01b03871660048201526024810186905260448101859052606401610ccb565b82545f90614b26906001600160801b03600160801b820481169116615cdc565b82546001600160801b039190911691506001600160601b0316811015614b53575080546001600160601b03165b80614b5e86886159f2565b1015614ba2578681614b7087896159f2565b6040516322aa21f360e11b81526001600160a01b03909316600484015260248301919091526044820152606401610ccb565b5050604080518082019091526001600160801b0394851681529290931660208301525092915050565b604051806101000160405280614c3f6040518061014001604052805f6001600160401b031681526020015f63ffffffff1681526020015f81526020015f6001600160401b031681526020015f81526020016060815260200160608152602001606081526020015f8152602001606081525090565b81526020015f81525f6020820181905260408201819052606082018190526080820181905260a0820181905260c09091015290565b5f60208284031215614c84575f5ffd5b81356001600160e01b03198116811461131e575f5ffd5b5f5f83601f840112614cab575f5ffd5b5081356001600160401b03811115614cc1575f5ffd5b6020830191508360208260051b8501011115614cdb575f5ffd5b9250929050565b5f5f60208385031215614cf3575f5ffd5b82356001600160401b03811115614d08575f5ffd5b614d1485828601614c9b565b90969095509350505050565b5f60808284031215611d6e575f5ffd5b5f5f83601f840112614d40575f5ffd5b5081356001600160401b03811115614d56575f5ffd5b602083019150836020828501011115614cdb575f5ffd5b5f5f5f5f60c08587031215614d80575f5ffd5b84356001600160401b03811115614d95575f5ffd5b850160a08188031215614da6575f5ffd5b9350614db58660208701614d20565b925060a08501356001600160401b03811115614dcf575f5ffd5b614ddb87828801614d30565b95989497509550505050565b80356001600160401b0381168114614dfd575f5ffd5b919050565b5f60208284031215614e12575f5ffd5b61131e82614de7565b5f5f5f60408486031215614e2d575f5ffd5b83356001600160401b03811115614e42575f5ffd5b614e4e86828701614d30565b909790965060209590950135949350505050565b80356001600160a01b0381168114614dfd575f5ffd5b5f60208284031215614e88575f5ffd5b61131e82614e62565b5f60208284031215614ea1575f5ffd5b5035919050565b5f5f60408385031215614eb9575f5ffd5b82359150614ec960208401614e62565b90509250929050565b5f5f60408385031215614ee3575f5ffd5b614eec83614e62565b9150614ec960208401614e62565b5f60208284031215614f0a575f5ffd5b8135801515811461131e575f5ffd5b803563ffffffff81168114614dfd575f5ffd5b5f5f5f60608486031215614f3e575f5ffd5b614f4784614de7565b9250614f5560208501614f19565b929592945050506040919091013590565b5f5f5f60608486031215614f78575f5ffd5b614f8184614e62565b9250614f5560208501614e62565b5f5f60408385031215614fa0575f5ffd5b614eec83614de7565b5f81518084528060208401602086015e5f602082860101526020601f19601f83011685010191505092915050565b60ff60f81b8816815260e060208201525f614ff560e0830189614fa9565b82810360408401526150078189614fa9565b606084018890526001600160a01b038716608085015260a0840186905283810360c0850152845180825260208087019350909101905f5b8181101561505c57835183526020938401939092019160010161503e565b50909b9a5050505050505050505050565b5f6020828403121561507d575f5ffd5b813561ffff8116811461131e575f5ffd5b5f8151808452602084019350602083015f5b828110156150c75781516001600160a01b03168652602095860195909101906001016150a0565b5093949350505050565b604081525f6150e3604083018561508e565b905060ff831660208301529392505050565b5f5f5f60c08486031215615107575f5ffd5b61511084614e62565b925061511e60208501614e62565b915061512d8560408601614d20565b90509250925092565b5f5f5f60408486031215615148575f5ffd5b83356001600160401b0381111561515d575f5ffd5b61516986828701614c9b565b909450925061512d905060208501614de7565b634e487b7160e01b5f52604160045260245ffd5b60405161014081016001600160401b03811182821017156151b3576151b361517c565b60405290565b604051601f8201601f191681016001600160401b03811182821017156151e1576151e161517c565b604052919050565b5f6001600160401b038211156152015761520161517c565b5060051b60200190565b5f82601f83011261521a575f5ffd5b813561522d615228826151e9565b6151b9565b8082825260208201915060208360051b86010192508583111561524e575f5ffd5b602085015b838110156152725761526481614e62565b835260209283019201615253565b5095945050505050565b5f82601f83011261528b575f5ffd5b8135615299615228826151e9565b8082825260208201915060208360051b8601019250858311156152ba575f5ffd5b602085015b838110156152725780358352602092830192016152bf565b5f82601f8301126152e6575f5ffd5b81356001600160401b038111156152ff576152ff61517c565b615312601f8201601f19166020016151b9565b818152846020838601011115615326575f5ffd5b816020850160208301375f918101602001919091529392505050565b5f5f5f5f5f5f5f5f5f5f6101408b8d03121561535c575f5ffd5b6153658b614de7565b995061537360208c01614f19565b985060408b0135975061538860608c01614de7565b965060808b0135955060a08b01356001600160401b038111156153a9575f5ffd5b6153b58d828e0161520b565b95505060c08b01356001600160401b038111156153d0575f5ffd5b6153dc8d828e0161527c565b94505060e08b01356001600160401b038111156153f7575f5ffd5b6154038d828e0161527c565b9350506101008b013591506101208b01356001600160401b03811115615427575f5ffd5b6154338d828e016152d7565b9150509295989b9194979a5092959850565b5f5f5f5f5f5f60a0878903121561545a575f5ffd5b61546387614de7565b955061547160208801614e62565b945061547f60408801614e62565b93506060870135925060808701356001600160401b038111156154a0575f5ffd5b6154ac89828a01614c9b565b979a9699509497509295939492505050565b5f5f604083850312156154cf575f5ffd5b6154d883614de7565b946020939093013593505050565b5f5f5f604084860312156154f8575f5ffd5b61550184614de7565b925060208401356001600160401b0381111561551b575f5ffd5b61552786828701614c9b565b9497909650939450505050565b5f8151808452602084019350602083015f5b828110156150c7578151865260209586019590910190600101615546565b80516001600160401b031682525f6020820151615589602085018263ffffffff169052565b506040820151604084015260608201516155ae60608501826001600160401b03169052565b506080820151608084015260a082015161014060a08501526155d461014085018261508e565b905060c083015184820360c08601526155ed8282615534565b91505060e083015184820360e08601526156078282615534565b91505061010083015161010085015261012083015184820361012086015261562f8282614fa9565b95945050505050565b634e487b7160e01b5f52602160045260245ffd5b602081525f82516101006020840152615669610120840182615564565b905060208401516005811061568c57634e487b7160e01b5f52602160045260245ffd5b80604085015250604084015160608401526060840151608084015260808401516156c160a08501826001600160401b03169052565b5060a08401516001600160401b03811660c08501525060c08401516001600160401b03811660e08501525060e084015161ffff8116610100850152613fbf565b5f5f60408385031215615712575f5ffd5b8235915060208301356001600160401b0381111561572e575f5ffd5b83016101408186031215615740575f5ffd5b615748615190565b61575182614de7565b815261575f60208301614f19565b60208201526040828101359082015261577a60608301614de7565b60608201526080828101359082015260a08201356001600160401b038111156157a1575f5ffd5b6157ad8782850161520b565b60a08301525060c08201356001600160401b038111156157cb575f5ffd5b6157d78782850161527c565b60c08301525060e08201356001600160401b038111156157f5575f5ffd5b6158018782850161527c565b60e08301525061010082810135908201526101208201356001600160401b0381111561582b575f5ffd5b615837878285016152d7565b6101208301525080925050509250929050565b5f5f5f6040848603121561585c575f5ffd5b83356001600160401b03811115615871575f5ffd5b61587d86828701614c9b565b909450925050602084013560ff81168114615896575f5ffd5b809150509250925092565b5f5f5f606084860312156158b3575f5ffd5b6158bc84614e62565b92506020840135915061512d60408501614e62565b5f5f604083850312156158e2575f5ffd5b6154d883614e62565b634e487b7160e01b5f52603260045260245ffd5b5f8235609e19833603018112615913575f5ffd5b9190910192915050565b602081525f61131e6020830184614fa9565b5f5f8335601e19843603018112615944575f5ffd5b8301803591506001600160401b0382111561595d575f5ffd5b6020019150600581901b3603821315614cdb575f5ffd5b81835281816020850137505f828201602090810191909152601f909101601f19169091010190565b604081525f6159af604083018587615974565b9050826020830152949350505050565b634e487b7160e01b5f52601160045260245ffd5b6001600160401b038181168382160190811115610b7457610b746159bf565b81810381811115610b7457610b746159bf565b6001600160401b038281168282160390811115610b7457610b746159bf565b5f6001600160401b03821680615a3c57615a3c6159bf565b5f190192915050565b606081525f615a58606083018688615974565b90508360208301526001600160401b038316604083015295945050505050565b85815284602082015260018060a01b038416604082015282606082015260a060808201525f615aaa60a0830184615564565b979650505050505050565b5f60208284031215615ac5575f5ffd5b5051919050565b80820180821115610b7457610b746159bf565b6001600160601b038281168282160390811115610b7457610b746159bf565b600181811c90821680615b1257607f821691505b602082108103611d6e57634e487b7160e01b5f52602260045260245ffd5b5f5b828110156110c4575f82820155600101615b32565b601f8211156110c457828211156110c457805f5260205f20601f840160051c6020851015615b7257505f5b61343781601f860160051c03828401615b30565b81516001600160401b03811115615b9f57615b9f61517c565b615bb381615bad8454615afe565b84615b47565b6020601f821160018114615be5575f8315615bce5750848201515b5f19600385901b1c1916600184901b178455613437565b5f84815260208120601f198516915b82811015615c145787850151825560209485019460019092019101615bf4565b5084821015615c3157868401515f19600387901b60f8161c191681555b50505050600190811b01905550565b848152608060208201525f615c586080830186615564565b6001600160a01b03949094166040830152506001600160401b039190911660609091015292915050565b5f5f8335601e19843603018112615c97575f5ffd5b8301803591506001600160401b03821115615cb0575f5ffd5b602001915036819003821315614cdb575f5ffd5b5f60018201615cd557615cd56159bf565b5060010190565b6001600160801b038281168282160390811115610b7457610b746159bf565b81516001600160401b03811115615d1457615d1461517c565b600160401b811115615d2857615d2861517c565b815481835580821015615d4c57825f528160205f2001615d4a83830382615b30565b505b5060208301825f5260205f205f5b8381101561178c5782516001600160a01b031682820155602090920191600101615d5a565b6001600160601b038181168382160190811115610b7457610b746159bf565b63ffffffff8181168382160190811115610b7457610b746159bf56fe8b5b16d04624687fcf0d0228f19993c9157c1ed07b41d8d430fd9100eb099fe8df8b4c520ffe197c5343c6f5aec59570151ef9a492f2c624fd45ddde6135ec42'
