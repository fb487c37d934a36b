//! The errors of the control plane: types, statuses and, where no better text is known, AWS's descriptions of them
//! (API reference, "Errors" and "Common Errors").

use crate::registry::SaveError;
use crate::rules::rule::RuleFault;

#[derive(Debug)]
pub(super) enum ApiError {
    InvalidRequest(String),
    SqlParse(String),
    Unauthorized(String),
    NotFound(String),
    AlreadyExists {
        message: String,
        id: String,
        arn: String,
    },
    LimitExceeded(String),
    DeleteConflict(String),
    InvalidResponse(String),
    Internal(String),
    MissingAuthentication,
    IncompleteSignature(String),
    InvalidSignature(String),
    UnknownOperation(String),
}

impl ApiError {
    pub(super) fn status(&self) -> u16 {
        self.parts().0
    }

    pub(super) fn kind(&self) -> &'static str {
        self.parts().1
    }

    pub(super) fn message(&self) -> &str {
        self.parts().2
    }

    fn parts(&self) -> (u16, &'static str, &str) {
        match self {
            Self::InvalidRequest(text) => (400, "InvalidRequestException", text),
            Self::SqlParse(text) => (400, "SqlParseException", text),
            Self::Unauthorized(text) => (401, "UnauthorizedException", text),
            Self::NotFound(text) => (404, "ResourceNotFoundException", text),
            Self::AlreadyExists { message, .. } => (409, "ResourceAlreadyExistsException", message),
            Self::LimitExceeded(text) => (410, "LimitExceededException", text),
            Self::DeleteConflict(text) => (409, "DeleteConflictException", text),
            Self::InvalidResponse(text) => (400, "InvalidResponseException", text),
            Self::Internal(text) => (500, "InternalFailureException", text),
            Self::MissingAuthentication => (
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            Self::IncompleteSignature(text) => (400, "IncompleteSignatureException", text),
            Self::InvalidSignature(text) => (403, "InvalidSignatureException", text),
            Self::UnknownOperation(text) => (404, "UnknownOperationException", text),
        }
    }
}

pub(super) fn invalid(text: &str) -> ApiError {
    ApiError::InvalidRequest(text.to_owned())
}

impl From<RuleFault> for ApiError {
    fn from(fault: RuleFault) -> Self {
        match fault {
            RuleFault::Sql(text) => Self::SqlParse(text),
            RuleFault::Other(text) => Self::InvalidRequest(text),
        }
    }
}

impl From<SaveError> for ApiError {
    fn from(SaveError(reason): SaveError) -> Self {
        Self::Internal(reason)
    }
}
