// anchor/contracts/src/TallyDistributor.sol compiled by solc 0.8.37+commit.f401782d.Emscripten.clang.
// Written by scripts/build-contracts.mjs; do not edit.
export const tallyDistributorAbi = [
  {
    "inputs": [
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
        "internalType": "uint64",
        "name": "minimumDelay_",
        "type": "uint64"
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
    "inputs": [],
    "name": "InvalidProof",
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
        "name": "caller",
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
        "internalType": "struct TallyDistributor.EpochContent",
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
        "name": "token",
        "type": "address"
      }
    ],
    "name": "TokenAllowed",
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
            "internalType": "struct TallyDistributor.EpochContent",
            "name": "content",
            "type": "tuple"
          },
          {
            "internalType": "enum TallyDistributor.EpochState",
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
          }
        ],
        "internalType": "struct TallyDistributor.EpochRecord",
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
        "internalType": "uint64",
        "name": "epoch",
        "type": "uint64"
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
  }
] as const

export const tallyDistributorBytecode: `0x${string}` =
  '0x60a060405234801561000f575f5ffd5b50604051612dae380380612dae83398101604081905261002e91610333565b60017f9b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00556001600160a01b038316158061006f57506001600160a01b038216155b1561008d5760405163d92e233d60e01b815260040160405180910390fd5b6001600160401b03811615806100ae575062278d006001600160401b038216115b156100ec57604051635e4cf25960e11b81526001600160401b03821660048201526001602482015262278d0060448201526064015b60405180910390fd5b6001600160401b0381166080819052600180546001600160401b03191690911790556101185f84610175565b506101305f516020612d8e5f395f51905f5283610175565b506040516001600160401b03821681527fc03c652cce63e6a4eb932e2608f14d717836f14b42a735017b4fbbdc5b5da27e9060200160405180910390a1505050610383565b5f5f516020612d8e5f395f51905f52831480156101c857506001600160a01b0382165f9081527fad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5602052604090205460ff165b156101f1576040516380acee4160e01b81526001600160a01b03831660048201526024016100e3565b8215801561023557506001600160a01b0382165f9081527fd6a67a9f08abac8717c083e7e7a26f8e24a07ed9b44202ea6abc889a9873e416602052604090205460ff165b1561025e576040516380acee4160e01b81526001600160a01b03831660048201526024016100e3565b6102688383610271565b90505b92915050565b5f828152602081815260408083206001600160a01b038516845290915281205460ff16610311575f838152602081815260408083206001600160a01b03861684529091529020805460ff191660011790556102c93390565b6001600160a01b0316826001600160a01b0316847f2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d60405160405180910390a450600161026b565b505f61026b565b80516001600160a01b038116811461032e575f5ffd5b919050565b5f5f5f60608486031215610345575f5ffd5b61034e84610318565b925061035c60208501610318565b60408501519092506001600160401b0381168114610378575f5ffd5b809150509250925092565b6080516129e56103a95f395f81816102b801528181610bd60152610c4301526129e55ff3fe608060405234801561000f575f5ffd5b50600436106101dc575f3560e01c80637e14d48511610109578063c10733021161009e578063d95e67db1161006e578063d95e67db146104c4578063d9725a7c146104eb578063f45346dc1461050b578063f47c84c51461051e575f5ffd5b8063c107330214610460578063c884ef8314610473578063cb13cddb14610492578063d547741f146104b1575f5ffd5b8063a824034a116100d9578063a824034a14610404578063b53472ef14610417578063babcc5391461042a578063bffa7f0f1461044c575f5ffd5b80637e14d485146103d557806391d14854146103de578063a217fddf14610238578063a306582a146103f1575f5ffd5b8063427ad6241161017f5780636a42b8f81161014f5780636a42b8f81461031a578063718a60ee1461032d5780637840c6e414610336578063786bce5e14610389575f5ffd5b8063427ad624146102b35780634f6ec99b146102da5780635726c2bb146102ed5780635abea6fe14610307575f5ffd5b80632f2ff15d116101ba5780632f2ff15d1461023f57806332150fbb1461025457806336568abe1461027e5780634125ff9014610291575f5ffd5b806301ffc9a7146101e0578063248a9ca3146102085780632a0acc6a14610238575b5f5ffd5b6101f36101ee366004611f78565b610526565b60405190151581526020015b60405180910390f35b61022a610216366004611f9f565b5f9081526020819052604090206001015490565b6040519081526020016101ff565b61022a5f81565b61025261024d366004611fd1565b61055c565b005b61022a610262366004611ffb565b600660209081525f928352604080842090915290825290205481565b61025261028c366004611fd1565b610586565b61029b62278d0081565b6040516001600160401b0390911681526020016101ff565b61029b7f000000000000000000000000000000000000000000000000000000000000000081565b6102526102e8366004612039565b6105be565b60015461029b90600160401b90046001600160401b031681565b61022a610315366004612052565b610742565b60015461029b906001600160401b031681565b61022a61010081565b61022a61034436600461208c565b6001600160401b0382165f9081526007602090815260408083206001600160a01b0385168452600901909152902054600160801b90046001600160801b031692915050565b61022a61039736600461208c565b6001600160401b0382165f9081526007602090815260408083206001600160a01b03851684526009019091529020546001600160801b031692915050565b61022a60025481565b6101f36103ec366004611fd1565b6107b3565b6102526103ff366004612256565b6107db565b610252610412366004612359565b610865565b610252610425366004612402565b610aac565b6101f3610438366004612402565b60036020525f908152604090205460ff1681565b61022a5f5160206129a55f395f51905f5281565b61025261046e366004612039565b610bca565b61022a610481366004612402565b60056020525f908152604090205481565b61022a6104a0366004612402565b60046020525f908152604090205481565b6102526104bf366004611fd1565b610ccf565b61022a7f7dd31cc6ca9be0ee57ac5a29064714c1a75056f969be7799412abcaacc0ca8db81565b6104fe6104f9366004612039565b610cf3565b6040516101ff91906125a4565b61025261051936600461264a565b610dd3565b61022a604081565b5f6001600160e01b03198216637965db0b60e01b148061055657506301ffc9a760e01b6001600160e01b03198316145b92915050565b5f8281526020819052604090206001015461057681610ff3565b6105808383611000565b50505050565b6001600160a01b03811633146105af5760405163334bd91960e11b815260040160405180910390fd5b6105b982826110a5565b505050565b6001600160401b0381165f90815260076020526040902060016006820154640100000000900460ff1660028111156105f8576105f8612590565b14610626576040516377de214d60e01b81526001600160401b03831660048201526024015b60405180910390fd5b60058101545f90610650906001600160401b03600160801b8204811691600160401b900416612697565b9050806001600160401b031642101561068f5760405163cb6c86dd60e01b81526001600160401b0380851660048301528216602482015260440161061d565b60068201805464ff0000000019166402000000001781556005830180546001600160c01b0316600160c01b426001600160401b039081169190910291909117909155600180546fffffffffffffffff00000000000000001916600160401b9287169283021781556004850154925490850154604080519182525163ffffffff90921692917f19048930c3799b7ec1540b3808c5e94e7038b8f306d529797d606c88f46f420f9181900360200190a4505050565b6040805146602082015230918101919091526001600160a01b0380851660608301528316608082015260a081018290525f9060c00160408051601f19818403018152828252805160209182012090830152016040516020818303038152906040528051906020012090509392505050565b5f918252602082815260408084206001600160a01b0393909316845291905290205460ff1690565b5f5160206129a55f395f51905f526107f281610ff3565b6108586040518061014001604052808d6001600160401b031681526020018c63ffffffff1681526020018b81526020018a6001600160401b0316815260200189815260200188815260200187815260200186815260200185815260200184815250611115565b5050505050505050505050565b61086d611309565b6001600160401b0386165f90815260076020526040902060026006820154640100000000900460ff1660028111156108a7576108a7612590565b146108d057604051633de5f9a960e11b81526001600160401b038816600482015260240161061d565b6108ea838383600101546108e58a8a8a610742565b611324565b610907576040516309bde33960e01b815260040160405180910390fd5b6001600160a01b0385165f9081526009820160209081526040808320546004909252909120546001600160801b0390911690811115610976576001600160a01b0386165f9081526004602081905260409182902054915163f589588b60e01b815261061d9289928592016126b6565b6001600160a01b038088165f908152600660209081526040808320938a16835292905220548086116109dc5760405163069d62a760e51b81526001600160a01b03808a16600483015288166024820152604481018790526064810182905260840161061d565b5f6109e782886126d7565b6001600160a01b03808b165f908152600660209081526040808320938d168352929052208890559050610a1b8a898361133b565b6040805182815260208101899052338183015290516001600160401b038c16916001600160a01b038b811692908d16917f62a97009cb8fa05b09d0fc03c236175a4f2e2b08ae6fc536fea914ada4568355919081900360600190a4610a8a6001600160a01b0389168a83611469565b50505050610aa460015f5160206129c55f395f51905f5255565b505050505050565b5f610ab681610ff3565b816001600160a01b03163b5f03610aeb576040516322a2d07b60e21b81526001600160a01b038316600482015260240161061d565b6001600160a01b0382165f9081526003602052604090205460ff1615610b2f576040516309ba754d60e41b81526001600160a01b038316600482015260240161061d565b604060025403610b56576040805163544843c360e11b815260040161061d91815260200190565b6001600160a01b0382165f908152600360205260408120805460ff191660019081179091556002805491929091610b8e9084906126ea565b90915550506040516001600160a01b038316907fbeceb48aeaa805aeae57be163cca6249077a18734e408a85aa74e875c4373809905f90a25050565b5f610bd481610ff3565b7f00000000000000000000000000000000000000000000000000000000000000006001600160401b0316826001600160401b03161080610c1f575062278d006001600160401b038316115b15610c7957604051635e4cf25960e11b81526001600160401b0380841660048301527f000000000000000000000000000000000000000000000000000000000000000016602482015262278d00604482015260640161061d565b6001805467ffffffffffffffff19166001600160401b0384169081179091556040519081527fc03c652cce63e6a4eb932e2608f14d717836f14b42a735017b4fbbdc5b5da27e9060200160405180910390a15050565b5f82815260208190526040902060010154610ce981610ff3565b61058083836110a5565b610cfb611ed7565b6001600160401b0382165f90815260076020908152604090912060068101549091830190640100000000900460ff166002811115610d3b57610d3b612590565b90816002811115610d4e57610d4e612590565b9052505f82602001516002811115610d6857610d68612590565b03610d735750919050565b600381015460408301526004810154606083015260058101546001600160401b03600160401b820481166080850152600160801b8204811660a0850152600160c01b9091041660c08301528151610dcd908290859061149e565b50919050565b610ddb611309565b6001600160a01b038116610e025760405163d92e233d60e01b815260040160405180910390fd5b6001600160a01b0383165f9081526003602052604090205460ff16610e455760405163094403b760e41b81526001600160a01b038416600482015260240161061d565b6040516370a0823160e01b81523060048201525f906001600160a01b038516906370a0823190602401602060405180830381865afa158015610e89573d5f5f3e3d5ffd5b505050506040513d601f19601f82011682018060405250810190610ead91906126fd565b9050610ec46001600160a01b03851633308661172b565b6040516370a0823160e01b81523060048201525f906001600160a01b038616906370a0823190602401602060405180830381865afa158015610f08573d5f5f3e3d5ffd5b505050506040513d601f19601f82011682018060405250810190610f2c91906126fd565b9050818111610f595760405163179b264d60e01b81526001600160a01b038616600482015260240161061d565b5f610f6483836126d7565b6001600160a01b0387165f90815260046020526040812080549293508392909190610f909084906126ea565b909155505060405181815233906001600160a01b0388811691908716907f4174a9435a04d04d274c76779cad136a41fde6937c56241c09ab9d3c7064a1a99060200160405180910390a45050506105b960015f5160206129c55f395f51905f5255565b610ffd8133611761565b50565b5f5f5160206129a55f395f51905f528314801561102257506110225f836107b3565b1561104b576040516380acee4160e01b81526001600160a01b038316600482015260240161061d565b8215801561106b575061106b5f5160206129a55f395f51905f52836107b3565b15611094576040516380acee4160e01b81526001600160a01b038316600482015260240161061d565b61109e838361179e565b9392505050565b5f6110b083836107b3565b1561110e575f838152602081815260408083206001600160a01b0386168085529252808320805460ff1916905551339286917ff6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b9190a4506001610556565b505f610556565b6001546001600160401b03600160401b90910481165f9081526007602052604080822084519093168252902061114c838383611826565b611157838383611a5b565b60048201546040515f90611197907f7dd31cc6ca9be0ee57ac5a29064714c1a75056f969be7799412abcaacc0ca8db904690309086908a90602001612714565b60408051808303601f19018152918152815160209283012090870151855560808701516001808701919091556101008801516002870155600386018590556004860182905560608801516005870180546001600160401b039283166fffffffffffffffffffffffffffffffff1990911617600160401b4284160217808255835467ffffffffffffffff60801b199091169216600160801b029190911790559187015160068601805463ffffffff19811663ffffffff90931692831782559294509164ffffffffff19161764010000000083021790555060a085015160078401906112819082612768565b506101208501516008840190611297908261285d565b5060208501518551600154839263ffffffff16916001600160401b03908116917f1991e9053a5a20e0176dce972279a4c088be42aeca9e8f5ceb6105f13c899f079187918b9133916112ea911642612697565b6040516112fa9493929190612917565b60405180910390a45050505050565b611311611c6a565b60025f5160206129c55f395f51905f5255565b5f82611331868685611c9b565b1495945050505050565b6001600160a01b0382165f908152600860205260409020546001600160401b0390811690841681101561139c57506001600160a01b0382165f908152600860205260409020805467ffffffffffffffff19166001600160401b038516179055825b6001600160401b0381165f9081526007602090815260408083206001600160a01b0387168452600901909152812080549091906113eb906001600160801b03600160801b820481169116612959565b6001600160a01b0386165f908152600560205260408120546001600160801b039290921692509061141d9086906126ea565b9050818111156114465785818360405163134f9a1960e11b815260040161061d939291906126b6565b6001600160a01b039095165f908152600560205260409020949094555050505050565b6114768383836001611cdc565b6105b957604051635274afe760e01b81526001600160a01b038416600482015260240161061d565b6007830180546001600160401b038085168452600686015463ffffffff166020808601919091528654604080870191909152600588015490921660608601526001870154608086015281518184028101820190925282825291929091839083018282801561153357602002820191905f5260205f20905b81546001600160a01b03168152600190910190602001808311611515575b50505050508260a00181905250806001600160401b03811115611558576115586120b9565b604051908082528060200260200182016040528015611581578160200160208202803683370190505b5060c0830152806001600160401b0381111561159f5761159f6120b9565b6040519080825280602002602001820160405280156115c8578160200160208202803683370190505b5060e08301525f5b81811015611688575f856009015f8560a0015184815181106115f4576115f4612978565b6020908102919091018101516001600160a01b031682528101919091526040015f20805460c086015180519293506001600160801b03909116918490811061163e5761163e612978565b6020908102919091010152805460e08501518051600160801b9092046001600160801b0316918490811061167457611674612978565b6020908102919091010152506001016115d0565b5060028401546101008301526008840180546116a3906127ec565b80601f01602080910402602001604051908101604052809291908181526020018280546116cf906127ec565b801561171a5780601f106116f15761010080835404028352916020019161171a565b820191905f5260205f20905b8154815290600101906020018083116116fd57829003601f168201915b505050506101209093015250505050565b611739848484846001611d3e565b61058057604051635274afe760e01b81526001600160a01b038516600482015260240161061d565b61176b82826107b3565b61179a5760405163e2517d3f60e01b81526001600160a01b03821660048201526024810183905260440161061d565b5050565b5f6117a983836107b3565b61110e575f838152602081815260408083206001600160a01b03861684529091529020805460ff191660011790556117de3390565b6001600160a01b0316826001600160a01b0316847f2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d60405160405180910390a4506001610556565b600160089054906101000a90046001600160401b031660016118489190612697565b6001600160401b0316835f01516001600160401b0316146118b357600160089054906101000a90046001600160401b031660016118859190612697565b8351604051633e481fd360e01b81526001600160401b0392831660048201529116602482015260440161061d565b5f6006820154640100000000900460ff1660028111156118d5576118d5612590565b1461190157825160405163e49ad54d60e01b81526001600160401b03909116600482015260240161061d565b826020015163ffffffff1660011461194157602083015160405163de8ec99f60e01b81526001600482015263ffffffff909116602482015260440161061d565b604083015115806119555750610100830151155b156119735760405163f1ae58d560e01b815260040160405180910390fd5b600582015460608401516001600160401b03918216911610156119c6576005820154606084015160405163166891e560e01b81526001600160401b0392831660048201529116602482015260440161061d565b610120830151516101008111156119fb5760405163a99e90bb60e01b815260048101829052610100602482015260440161061d565b60a08401515160c08501515181141580611a1a5750808560e001515114155b15611a545760c08501515160e086015151604051638ee979f560e01b8152600481018490526024810192909252604482015260640161061d565b5050505050565b60078201545f80805b8660a0015151811015611c1c575f8760a001518281518110611a8857611a88612978565b60200260200101519050826001600160a01b0316816001600160a01b031611611ad757604051636d4a8c4160e11b81526001600160a01b0380851660048301528216602482015260440161061d565b6001600160a01b0381165f9081526003602052604090205460ff16611b1a5760405163094403b760e41b81526001600160a01b038216600482015260240161061d565b8484108015611b595750806001600160a01b0316876007018581548110611b4357611b43612978565b5f918252602090912001546001600160a01b0316145b15611b6c5783611b688161298c565b9450505b611bd6818960c001518481518110611b8657611b86612978565b60200260200101518a60e001518581518110611ba457611ba4612978565b60200260200101518a6009015f866001600160a01b03166001600160a01b031681526020019081526020015f20611dab565b6001600160a01b0382165f9081526009880160209081526040909120825192909101516001600160801b03908116600160801b0292169190911790559150600101611a64565b5082821015610aa457846007018281548110611c3a57611c3a612978565b5f9182526020909120015460405163531cca0160e11b81526001600160a01b03909116600482015260240161061d565b5f5160206129c55f395f51905f5254600203611c9957604051633ee5aeb560e01b815260040160405180910390fd5b565b5f81815b84811015611cd357611cc982878784818110611cbd57611cbd612978565b90506020020135611eab565b9150600101611c9f565b50949350505050565b60405163a9059cbb60e01b5f8181526001600160a01b038616600452602485905291602083604481808b5af1925060015f51148316611d32578383151615611d26573d5f823e3d81fd5b5f873b113d1516831692505b60405250949350505050565b6040516323b872dd60e01b5f8181526001600160a01b038781166004528616602452604485905291602083606481808c5af1925060015f51148316611d9a578383151615611d8e573d5f823e3d81fd5b5f883b113d1516831692505b604052505f60605295945050505050565b604080518082019091525f80825260208201526001600160801b03841115611df857604051631f2b6efb60e01b81526001600160a01b03861660048201526024810185905260440161061d565b83831115611e1f57848484604051634587e7b960e01b815260040161061d939291906126b6565b81545f90611e3f906001600160801b03600160801b820481169116612959565b6001600160801b0316905080611e5585876126d7565b1015611e83578581611e6786886126d7565b6040516322aa21f360e11b815260040161061d939291906126b6565b5050604080518082019091526001600160801b03808516825283166020820152949350505050565b5f818310611ec5575f82815260208490526040902061109e565b5f83815260208390526040902061109e565b6040518060e00160405280611f4a6040518061014001604052805f6001600160401b031681526020015f63ffffffff1681526020015f81526020015f6001600160401b031681526020015f81526020016060815260200160608152602001606081526020015f8152602001606081525090565b81526020015f81525f6020820181905260408201819052606082018190526080820181905260a09091015290565b5f60208284031215611f88575f5ffd5b81356001600160e01b03198116811461109e575f5ffd5b5f60208284031215611faf575f5ffd5b5035919050565b80356001600160a01b0381168114611fcc575f5ffd5b919050565b5f5f60408385031215611fe2575f5ffd5b82359150611ff260208401611fb6565b90509250929050565b5f5f6040838503121561200c575f5ffd5b61201583611fb6565b9150611ff260208401611fb6565b80356001600160401b0381168114611fcc575f5ffd5b5f60208284031215612049575f5ffd5b61109e82612023565b5f5f5f60608486031215612064575f5ffd5b61206d84611fb6565b925061207b60208501611fb6565b929592945050506040919091013590565b5f5f6040838503121561209d575f5ffd5b61201583612023565b803563ffffffff81168114611fcc575f5ffd5b634e487b7160e01b5f52604160045260245ffd5b604051601f8201601f191681016001600160401b03811182821017156120f5576120f56120b9565b604052919050565b5f6001600160401b03821115612115576121156120b9565b5060051b60200190565b5f82601f83011261212e575f5ffd5b813561214161213c826120fd565b6120cd565b8082825260208201915060208360051b860101925085831115612162575f5ffd5b602085015b838110156121865761217881611fb6565b835260209283019201612167565b5095945050505050565b5f82601f83011261219f575f5ffd5b81356121ad61213c826120fd565b8082825260208201915060208360051b8601019250858311156121ce575f5ffd5b602085015b838110156121865780358352602092830192016121d3565b5f82601f8301126121fa575f5ffd5b81356001600160401b03811115612213576122136120b9565b612226601f8201601f19166020016120cd565b81815284602083860101111561223a575f5ffd5b816020850160208301375f918101602001919091529392505050565b5f5f5f5f5f5f5f5f5f5f6101408b8d031215612270575f5ffd5b6122798b612023565b995061228760208c016120a6565b985060408b0135975061229c60608c01612023565b965060808b0135955060a08b01356001600160401b038111156122bd575f5ffd5b6122c98d828e0161211f565b95505060c08b01356001600160401b038111156122e4575f5ffd5b6122f08d828e01612190565b94505060e08b01356001600160401b0381111561230b575f5ffd5b6123178d828e01612190565b9350506101008b013591506101208b01356001600160401b0381111561233b575f5ffd5b6123478d828e016121eb565b9150509295989b9194979a5092959850565b5f5f5f5f5f5f60a0878903121561236e575f5ffd5b61237787612023565b955061238560208801611fb6565b945061239360408801611fb6565b93506060870135925060808701356001600160401b038111156123b4575f5ffd5b8701601f810189136123c4575f5ffd5b80356001600160401b038111156123d9575f5ffd5b8960208260051b84010111156123ed575f5ffd5b60208201935080925050509295509295509295565b5f60208284031215612412575f5ffd5b61109e82611fb6565b5f8151808452602084019350602083015f5b828110156124545781516001600160a01b031686526020958601959091019060010161242d565b5093949350505050565b5f8151808452602084019350602083015f5b82811015612454578151865260209586019590910190600101612470565b5f81518084528060208401602086015e5f602082860101526020601f19601f83011685010191505092915050565b80516001600160401b031682525f60208201516124e1602085018263ffffffff169052565b5060408201516040840152606082015161250660608501826001600160401b03169052565b506080820151608084015260a082015161014060a085015261252c61014085018261241b565b905060c083015184820360c0860152612545828261245e565b91505060e083015184820360e086015261255f828261245e565b915050610100830151610100850152610120830151848203610120860152612587828261248e565b95945050505050565b634e487b7160e01b5f52602160045260245ffd5b602081525f825160e060208401526125c06101008401826124bc565b90506020840151600381106125e357634e487b7160e01b5f52602160045260245ffd5b806040850152506040840151606084015260608401516080840152608084015161261860a08501826001600160401b03169052565b5060a08401516001600160401b03811660c08501525060c08401516001600160401b03811660e0850152509392505050565b5f5f5f6060848603121561265c575f5ffd5b61266584611fb6565b92506020840135915061267a60408501611fb6565b90509250925092565b634e487b7160e01b5f52601160045260245ffd5b6001600160401b03818116838216019081111561055657610556612683565b6001600160a01b039390931683526020830191909152604082015260600190565b8181038181111561055657610556612683565b8082018082111561055657610556612683565b5f6020828403121561270d575f5ffd5b5051919050565b85815284602082015260018060a01b038416604082015282606082015260a060808201525f61274660a08301846124bc565b979650505050505050565b5f5b828110156105b9575f82820155600101612753565b81516001600160401b03811115612781576127816120b9565b600160401b811115612795576127956120b9565b8154818355808210156127b957825f528160205f20016127b783830382612751565b505b5060208301825f5260205f205f5b83811015610aa45782516001600160a01b0316828201556020909201916001016127c7565b600181811c9082168061280057607f821691505b602082108103610dcd57634e487b7160e01b5f52602260045260245ffd5b601f8211156105b957828211156105b957805f5260205f20601f840160051c602085101561284957505f5b611a5481601f860160051c03828401612751565b81516001600160401b03811115612876576128766120b9565b61288a8161288484546127ec565b8461281e565b6020601f8211600181146128bc575f83156128a55750848201515b5f19600385901b1c1916600184901b178455611a54565b5f84815260208120601f198516915b828110156128eb57878501518255602094850194600190920191016128cb565b508482101561290857868401515f19600387901b60f8161c191681555b50505050600190811b01905550565b848152608060208201525f61292f60808301866124bc565b6001600160a01b03949094166040830152506001600160401b039190911660609091015292915050565b6001600160801b03828116828216039081111561055657610556612683565b634e487b7160e01b5f52603260045260245ffd5b5f6001820161299d5761299d612683565b506001019056fec4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde09b779b17422d0df92223018b32b4d1fa46e071723d6817e2486d003becc55f00c4338366b9cfc07901c46677a3a32746bd05d5c114e4d0d293c468cff87acde0'
